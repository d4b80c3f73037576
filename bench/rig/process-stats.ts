import { readFileSync } from 'node:fs';

/** What the operating system says a process has used and holds. */
export interface ProcessStats {
  /** CPU time in µs, user and system, of all its threads, those included that have ended. In steps of 10 ms. */
  cpuUs: number;
  /** Resident memory in KiB. */
  rssKb: number;
}

/** Reads /proc. Throws when the process is gone. */
export function processStats(pid: number): ProcessStats {
  return { cpuUs: processTime(pid), rssKb: residentKb(pid) };
}

/** Of every Linux that Bun runs on. */
const TICK_US = 10_000;

function processTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may hold spaces: fields are counted from behind it. utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0);
}

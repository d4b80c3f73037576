import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { version } from '../package.json';

/** Where and with what the figures came about. */
export interface Machine {
  date: string;
  processor: string;
  cores: number;
  memoryMb: number;
  system: string;
  /** Of the last minute, when the run began: above a few tenths others were at work. */
  loadBefore: number;
  bytespike: string;
  commit: string;
  bun: string;
  node: string;
}

export function machine(): Machine {
  return {
    date: new Date().toISOString(),
    processor: cpus()[0]?.model.trim() ?? '',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    system: `${distribution()}, Linux ${release()}`,
    loadBefore: Math.round(loadavg()[0]! * 100) / 100,
    bytespike: version,
    commit: told('git', ['rev-parse', '--short', 'HEAD']),
    bun: Bun.version,
    node: told('node', ['--version']),
  };
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function told(command: string, words: string[]): string {
  try {
    return execFileSync(command, words, { cwd: import.meta.dir, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return '';
  }
}

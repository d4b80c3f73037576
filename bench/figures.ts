import type { Result } from './rig/orders.ts';
import type { Run, Workload } from './workloads.ts';

/** What one order says about one contender on one road, once. Undefined where it does not apply. */
export interface Figures {
  requestsPerSecond: number | undefined;
  /** CPU time of the process between per request that ended, in µs. */
  cpuPerRequestUs: number | undefined;
  /** The same per frame with a delta. */
  cpuPerFrameUs: number | undefined;
  /** Share of one core that the process between used, and mock and load together. */
  coreShare: number | undefined;
  rigShare: number;
  /** Of whole requests, of first frames, of frames from mock to client; in ms. */
  latencyP50: number | undefined;
  latencyP99: number | undefined;
  firstFrameP50: number | undefined;
  firstFrameP99: number | undefined;
  latenessP50: number | undefined;
  latenessP99: number | undefined;
  /** Resident memory at the end of the measured phase, in MB; what an open stream takes of it, in KB. */
  memoryMb: number | undefined;
  perStreamKb: number | undefined;
}

export type FigureName = keyof Figures;

/** A contender on a road in a workload, over all rounds. */
export interface Line {
  workload: Workload;
  run: Run;
  /** One entry per round, in order; what failed as a whole is missing. */
  rounds: Figures[];
  errors: Record<string, number>;
}

export function figuresOf(workload: Workload, result: Result, memoryBeforeKb: number | undefined): Figures {
  const { scenario, load } = workload;
  const open = load.kind === 'open' ? load.streams : undefined;
  const us = result.seconds * 1e6;
  const per = (count: number): number | undefined =>
    result.cpuUs === undefined || count === 0 ? undefined : result.cpuUs / count;
  const of = (there: boolean, value: number): number | undefined => (there ? value : undefined);
  const memory = result.after?.rssKb;
  return {
    requestsPerSecond: of(open === undefined, result.requests / result.seconds),
    cpuPerRequestUs: scenario.stream ? undefined : per(result.requests),
    cpuPerFrameUs: scenario.stream ? per(result.frames) : undefined,
    coreShare: result.cpuUs === undefined ? undefined : result.cpuUs / us,
    rigShare: result.rigCpuUs / us,
    latencyP50: of(!scenario.stream, result.latency.p50),
    latencyP99: of(!scenario.stream, result.latency.p99),
    firstFrameP50: of(result.firstFrame.count > 0, result.firstFrame.p50),
    firstFrameP99: of(result.firstFrame.count > 0, result.firstFrame.p99),
    latenessP50: of(result.lateness.count > 0, result.lateness.p50),
    latenessP99: of(result.lateness.count > 0, result.lateness.p99),
    memoryMb: memory === undefined ? undefined : memory / 1024,
    perStreamKb:
      open === undefined || memory === undefined || memoryBeforeKb === undefined
        ? undefined
        : (memory - memoryBeforeKb) / open,
  };
}

/** Median with the smallest and the largest; undefined without values. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function spread(values: (number | undefined)[]): Spread | undefined {
  const sorted = values
    .filter((value) => value !== undefined && Number.isFinite(value))
    .sort((a, b) => a! - b!) as number[];
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, least: sorted[0]!, most: sorted[sorted.length - 1]! };
}

export const figureSpread = (line: Line, name: FigureName): Spread | undefined =>
  spread(line.rounds.map((round) => round[name]));

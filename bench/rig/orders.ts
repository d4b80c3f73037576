import type { ProcessStats } from './process-stats.ts';
import type { Summary } from './samples.ts';

/** Where a request goes. The host is always 127.0.0.1. */
export interface Target {
  port: number;
  path: string;
  headers: Record<string, string>;
  /** Process whose CPU time and memory are read; undefined: there is none between load and mock. */
  pid: number | undefined;
}

/** What the mock answers with until the next order. */
export interface Scenario {
  /** A whole JSON answer, or a stream of server-sent events. */
  stream: boolean;
  /** Bytes of text in a whole answer. */
  answerBytes: number;
  /** Frames with a delta in one stream; Infinity: until the run ends. */
  frames: number;
  /** Between two frames, in ms; 0: as fast as single writes go. */
  gapMs: number;
  /** Text alone, or thinking, text and two tool calls. */
  content: 'text' | 'mixed';
}

/** Requests in a closed loop on a number of connections. */
export interface LoopOrder {
  kind: 'loop';
  target: Target;
  scenario: Scenario;
  body: string;
  connections: number;
  /** Pause of a connection between its requests. */
  thinkMs: number;
  warmUpMs: number;
  measureMs: number;
}

/** Streams that all stay open at once. */
export interface OpenOrder {
  kind: 'open';
  target: Target;
  scenario: Scenario;
  body: string;
  streams: number;
  /** Streams opened per second. */
  openPerSecond: number;
  warmUpMs: number;
  measureMs: number;
}

export type Order = LoopOrder | OpenOrder;

/** What a run brought. Times are in ms. */
export interface Result {
  /** Requests that ended well within the measured phase. */
  requests: number;
  /** 2xx answers since the start of the order, warm-up included: what must have been billed. */
  answered: number;
  /** Frames with a delta that reached the client within the measured phase. */
  frames: number;
  /** What went wrong, by kind, over the whole order. */
  errors: Record<string, number>;
  seconds: number;
  /** From the request's last byte to the answer's last. */
  latency: Summary;
  /** From the request's last byte to the first frame with a delta. */
  firstFrame: Summary;
  /** From the mock's write of a frame to its arrival. */
  lateness: Summary;
  /** CPU time of the process between, within the measured phase, and its memory at the end of it. */
  cpuUs: number | undefined;
  before: ProcessStats | undefined;
  after: ProcessStats | undefined;
  /** CPU time of mock and load together within the measured phase. */
  rigCpuUs: number;
}

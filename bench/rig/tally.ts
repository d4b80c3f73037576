import type { Client, ClientEvents } from './client.ts';
import type { Result, Target } from './orders.ts';
import { type ProcessStats, processStats } from './process-stats.ts';
import { Samples } from './samples.ts';

/** Counts what clients report while a phase is measured. Errors count in every phase. */
export class Tally implements ClientEvents {
  measuring = false;
  readonly #target: Target;
  /** Frames that a whole answer has; others are short of some. Infinity: not judged. */
  readonly #framesDue: number;
  readonly #onEnd: (client: Client) => void;
  #requests = 0;
  #answered = 0;
  #frames = 0;
  readonly #errors: Record<string, number> = {};
  readonly #latency = new Samples();
  readonly #firstFrame = new Samples();
  readonly #lateness = new Samples();
  #startedAt = 0;
  #seconds = 0;
  #before: ProcessStats | undefined;
  #after: ProcessStats | undefined;
  #rigBefore = 0;
  #rigCpuUs = 0;

  constructor(target: Target, framesDue: number, onEnd: (client: Client) => void) {
    this.#target = target;
    this.#framesDue = framesDue;
    this.#onEnd = onEnd;
  }

  start(): void {
    this.#before = this.#stats();
    this.#rigBefore = ownCpu();
    this.#startedAt = performance.now();
    this.measuring = true;
  }

  stop(): void {
    this.measuring = false;
    this.#seconds = (performance.now() - this.#startedAt) / 1000;
    this.#after = this.#stats();
    this.#rigCpuUs = ownCpu() - this.#rigBefore;
  }

  onFrame(client: Client, now: number, writtenAt: number): void {
    if (!this.measuring) return;
    this.#frames++;
    this.#lateness.add(now - writtenAt);
    if (client.frames === 1) this.#firstFrame.add(now - client.sentAt);
  }

  onEnd(client: Client, now: number, status: number): void {
    const short = Number.isFinite(this.#framesDue) && client.frames !== this.#framesDue;
    if (status >= 200 && status < 300) this.#answered++;
    if (status !== 200) this.fault(status < 0 ? 'connection broke' : `status ${status}`);
    else if (short) this.fault(`frames ${client.frames} of ${this.#framesDue}`);
    else if (this.measuring) {
      this.#requests++;
      this.#latency.add(now - client.sentAt);
    }
    this.#onEnd(client);
  }

  fault(kind: string): void {
    this.#errors[kind] = (this.#errors[kind] ?? 0) + 1;
  }

  result(): Result {
    const [before, after] = [this.#before, this.#after];
    return {
      requests: this.#requests,
      answered: this.#answered,
      frames: this.#frames,
      errors: this.#errors,
      seconds: this.#seconds,
      latency: this.#latency.summary(),
      firstFrame: this.#firstFrame.summary(),
      lateness: this.#lateness.summary(),
      cpuUs: before && after && after.cpuUs - before.cpuUs,
      before,
      after,
      rigCpuUs: this.#rigCpuUs,
    };
  }

  #stats(): ProcessStats | undefined {
    return this.#target.pid === undefined ? undefined : processStats(this.#target.pid);
  }
}

function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

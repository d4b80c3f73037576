import { StorageError, type Withdrawal } from '../store.ts';
import type { TransferResult, Write } from '../writes.ts';
import type { WriteReply } from './batch-writer.ts';
import { writeCharge } from './charge-text.ts';
import { type Failure, toStorageError } from './failure.ts';
import type { FromWriter, ToWriter } from './write-worker.ts';

interface GroupCommitOptions {
  /** How long a write waits for a disk that refuses before it is given up. */
  giveUpMs: number;
  /** How long a disk may take for its answer before it counts as one that refuses. */
  stallMs?: number;
  onHealth: (healthy: boolean, reason: string) => void;
}

interface Waiting {
  write: Write;
  signal: Withdrawal | undefined;
  /** `performance.now()` at which it came. */
  since: number;
  resolve: (result: TransferResult | undefined) => void;
  reject: (error: unknown) => void;
}

/** How long after its newest proof the store is taken to be writable without another. */
const PROOF_LASTS_MS = 1_000;
const RETRY_MS = 100;
/** Of a slow disk: a commit that folds the log syncs three times, and one that begins the log, behind sums that do, four. */
const STALL_MS = 15_000;
/** How long a batch gathers at most; longer brought nothing more (bench/README.md). */
const GATHERING_MS = 5;

/**
 * One commit in flight; what arrives meanwhile is the next batch. No timer: under load batches grow by themselves, and
 * a lone write leaves with the turn of the event loop in which it came. When the disk refuses, writes are kept and sent
 * again until they are too old.
 */
export class GroupCommit {
  readonly #worker: Worker;
  readonly #options: GroupCommitOptions;
  readonly #stallMs: number;
  #waiting: Waiting[] = [];
  /** Writes that were there at the last look while a batch gathers. */
  #gathered: number | undefined;
  #gatheringSince = 0;
  #inFlight: Waiting[] | 'probe' | 'close' | undefined;
  /** `performance.now()` at which that left. */
  #sentAt = 0;
  #provenAt = Number.NEGATIVE_INFINITY;
  #failure: Failure | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #probes: { resolve: () => void; reject: (error: StorageError) => void }[] = [];
  /** Runs while a proof is waited for. */
  #stall: ReturnType<typeof setTimeout> | undefined;
  #closing: { promise: Promise<void>; resolve: () => void } | undefined;
  /** The thread has ended and answers nothing any more: so much is refused at once until the next start. */
  #dead = false;

  constructor(path: string, options: GroupCommitOptions) {
    this.#options = options;
    this.#stallMs = options.stallMs ?? STALL_MS;
    this.#worker = new Worker(new URL('./write-worker.ts', import.meta.url).href);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWriter>) => this.#received(data);
    this.#worker.onerror = () => {
      this.#dead = true;
      this.#received({ type: 'failed', failure: THREAD_DIED });
    };
    this.#inFlight = 'probe';
    this.#post({ type: 'open', path });
  }

  write(write: Write, signal?: Withdrawal): Promise<TransferResult | undefined> {
    if (this.#closing !== undefined) return Promise.reject(new StorageError('unavailable', 'the store is closed'));
    if (this.#dead) return Promise.reject(toStorageError(THREAD_DIED));
    const { promise, resolve, reject } = Promise.withResolvers<TransferResult | undefined>();
    this.#waiting.push({ write, signal, since: performance.now(), resolve, reject });
    this.#gather();
    return promise;
  }

  healthy(): boolean {
    this.#noteStall();
    return this.#failure === undefined;
  }

  /** Costs a thread's round trip when nothing was committed for a second, nothing otherwise: then there is no promise. */
  ensureWritable(): Promise<void> | undefined {
    this.#noteStall();
    if (this.#failure !== undefined) return Promise.reject(toStorageError(this.#failure));
    if (performance.now() - this.#provenAt < PROOF_LASTS_MS) return undefined;
    return new Promise((resolve, reject) => {
      this.#probes.push({ resolve, reject });
      this.#next();
      this.#stall ??= setTimeout(this.#watch, this.#stallMs);
    });
  }

  /** The last proof is worth nothing any more: asks for another. */
  doubt(): void {
    this.#provenAt = Number.NEGATIVE_INFINITY;
    this.ensureWritable()?.catch(() => {});
  }

  /** Commits what waits, then ends the thread. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = Promise.withResolvers<void>();
      if (this.#dead) this.#closing.resolve();
      else this.#next();
    }
    return this.#closing.promise;
  }

  /** Lets what is on its way come along: the batch leaves once a turn of the event loop has brought nothing more. */
  #gather(): void {
    if (this.#inFlight !== undefined || this.#gathered !== undefined) return;
    this.#gathered = this.#waiting.length;
    this.#gatheringSince = performance.now();
    setImmediate(this.#look);
  }

  readonly #look = (): void => {
    const count = this.#waiting.length;
    const more = count > this.#gathered! && performance.now() - this.#gatheringSince < GATHERING_MS;
    this.#gathered = more ? count : undefined;
    if (more) setImmediate(this.#look);
    else this.#next();
  };

  #next(): void {
    if (this.#inFlight !== undefined || this.#retry !== undefined || this.#dead) return;
    const batch = stillWanted(this.#waiting);
    this.#waiting = [];
    if (batch.length > 0) {
      this.#inFlight = batch;
      this.#post(commitOf(batch));
    } else if (this.#probes.length > 0 || (this.#failure !== undefined && this.#closing === undefined)) {
      this.#inFlight = 'probe';
      this.#post({ type: 'probe' });
    } else if (this.#closing !== undefined) {
      this.#inFlight = 'close';
      this.#post({ type: 'close' });
    }
  }

  #received(message: FromWriter): void {
    const sent = this.#inFlight;
    this.#inFlight = undefined;
    if (message.type === 'closed' || sent === 'close') {
      this.#worker.terminate();
      this.#closing?.resolve();
      return;
    }
    if (message.type === 'failed') {
      this.#failed(message.failure, Array.isArray(sent) ? sent : []);
      return;
    }
    this.#proven();
    if (message.type === 'committed' && Array.isArray(sent)) answerAll(sent, message.replies);
    if (this.#waiting.length > 0) this.#gather();
    else this.#next();
  }

  /**
   * A disk that has neither taken nor refused for so long is told as one that refuses, until it answers: calls that wait
   * for its proof have cost nothing yet. What was sent to it may be written, and goes on waiting.
   */
  #noteStall(): void {
    if (this.#failure !== undefined || this.#inFlight === undefined) return;
    if (performance.now() - this.#sentAt < this.#stallMs) return;
    this.#failure = STALLED;
    this.#options.onHealth(false, STALLED.reason);
    this.#refuseProof(STALLED);
  }

  readonly #watch = (): void => {
    this.#stall = undefined;
    this.#noteStall();
    // What is in flight may have left after the proof was asked for.
    if (this.#probes.length > 0) this.#stall = setTimeout(this.#watch, this.#stallMs);
  };

  #refuseProof(failure: Failure): void {
    this.#stopStall();
    this.#provenAt = Number.NEGATIVE_INFINITY;
    for (const probe of this.#probes.splice(0)) probe.reject(toStorageError({ ...failure, kind: 'storage' }));
  }

  #stopStall(): void {
    clearTimeout(this.#stall);
    this.#stall = undefined;
  }

  #proven(): void {
    this.#provenAt = performance.now();
    if (this.#stall !== undefined) this.#stopStall();
    for (const probe of this.#probes.splice(0)) probe.resolve();
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#options.onHealth(true, 'the database can be written again');
  }

  #failed(failure: Failure, batch: Waiting[]): void {
    const first = this.#failure === undefined || this.#failure === STALLED;
    this.#failure = failure;
    this.#refuseProof(failure);
    const error = toStorageError({ ...failure, kind: 'storage' });
    const tooOld = performance.now() - this.#options.giveUpMs;
    this.#waiting = [...batch, ...this.#waiting].filter((one) => {
      if (one.since > tooOld && this.#closing === undefined && !this.#dead) return true;
      one.reject(error);
      return false;
    });
    if (first || this.#dead) this.#options.onHealth(false, failure.reason);
    if (this.#dead) {
      this.#closing?.resolve();
      return;
    }
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#next();
    }, RETRY_MS);
  }

  #post(message: ToWriter): void {
    this.#sentAt = performance.now();
    this.#worker.postMessage(message);
  }
}

/** Those that were not withdrawn; the others are told. */
export function stillWanted<W extends Pick<Waiting, 'signal' | 'reject'>>(waiting: W[]): W[] {
  if (!waiting.some(({ signal }) => signal?.aborted)) return waiting;
  return waiting.filter(({ signal, reject }) => {
    if (signal?.aborted) reject(signal.reason);
    return !signal?.aborted;
  });
}

/** Nearly always charges alone, which go as one text: copying an array costs for each of its elements. */
function commitOf(batch: Waiting[]): ToWriter {
  let lines = '';
  for (const { write } of batch) {
    if (write.kind !== 'charge') return { type: 'commit', writes: batch.map((waiting) => waiting.write) };
    lines += `${writeCharge(write.charge)}\n`;
  }
  return { type: 'charges', lines };
}

const STALLED: Failure = { kind: 'storage', reason: 'the disk does not answer' };
const THREAD_DIED: Failure = { kind: 'storage', reason: 'the writing thread failed: start the gateway again' };

/** `replies` undefined: all were accepted, and none has a result. */
function answerAll(batch: Waiting[], replies: WriteReply[] | undefined): void {
  if (replies === undefined) {
    for (const { resolve } of batch) resolve(undefined);
    return;
  }
  for (const [index, { resolve, reject }] of batch.entries()) {
    const reply = replies[index];
    if (reply?.ok === true) resolve(reply.result);
    else reject(toStorageError(reply?.failure ?? { kind: 'storage', reason: 'the write was not answered' }));
  }
}

import type { GatewayError } from '../errors/catalogue.ts';
import type { Usage } from './usage.ts';
import { encode } from './utf8.ts';
import type { AnswerOutput } from './whole-answer.ts';

/**
 * What stands between an upstream's stream and a client's: bytes in, bytes out. The express lane passes them on with a
 * few edits, the translated lane rebuilds them. The road drives it and knows nothing of frames.
 */
export interface StreamLane {
  /**
   * Takes bytes as the network cut them: all of `chunk`, or a part of it. Throws nothing: nonsense makes the state `failed`.
   * What `take` gives may be a view of it.
   */
  push(chunk: Uint8Array, start?: number, end?: number): void;
  /** The upstream closed the connection, cleanly or not. Leaves the state `complete` or `failed`. */
  end(): void;
  /** Whether `take` has anything to give. */
  readonly hasOutput: boolean;
  /** Bytes that may leave now, in order; undefined when there are none. */
  take(): Uint8Array | undefined;
  /** `complete`: the protocol's terminal frame came after a finish reason. Nothing after it is read. */
  readonly state: 'open' | 'complete' | 'failed';
  /** Why it failed. */
  readonly failure: GatewayError | undefined;
  /** True once `take` gave or will give a delta of any kind: reasoning, text, tool input. */
  readonly deltaSeen: boolean;
  /**
   * The terminal frames, held until the charge is committed. Only when `complete`. `charged` is what the client pays for:
   * a lane that writes its own frames reports it where the upstream reported nothing, or not all.
   */
  terminal(charged?: Usage): Uint8Array;
  /** The upstream's last report; undefined when none came. */
  usage(): Usage | undefined;
  /** All output received, for counting when no report came. */
  output(): AnswerOutput;
}

/** Collects bytes to send; neighbours in one array leave as one view, so that untouched frames cost no copy. */
export class ByteSink {
  /** What came before the run. */
  #pieces: Uint8Array[] | undefined;
  /** The array that bytes were added from last, and what of it is to leave. */
  #run: Uint8Array | undefined;
  #start = 0;
  #end = 0;

  get empty(): boolean {
    return this.#run === undefined;
  }

  add(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (start >= end) return;
    if (bytes === this.#run && start === this.#end) {
      this.#end = end;
      return;
    }
    if (this.#run !== undefined) {
      this.#pieces ??= [];
      this.#pieces.push(this.#view(this.#run));
    }
    this.#run = bytes;
    this.#start = start;
    this.#end = end;
  }

  addText(text: string): void {
    if (text !== '') this.add(encode(text));
  }

  take(): Uint8Array | undefined {
    const run = this.#run;
    if (run === undefined) return undefined;
    const pieces = this.#pieces;
    this.#run = undefined;
    if (pieces === undefined) return this.#view(run);
    this.#pieces = undefined;
    pieces.push(this.#view(run));
    return concat(pieces);
  }

  #view(run: Uint8Array): Uint8Array {
    return this.#start === 0 && this.#end === run.length ? run : run.subarray(this.#start, this.#end);
  }
}

const NO_BYTES = new Uint8Array(0);

/** All of them in one. */
export function concat(pieces: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Most output kept for counting, in bytes: several times what any model writes in one answer. */
const TAP_LIMIT = 4 * 1024 * 1024;
/** A size that the runtime makes within its heap, and has a slot for that this fills. */
const PIECE_BYTES = 608;

/**
 * Keeps the escaped insides of JSON strings back to back, so that a delta costs a copy of its bytes and no parse. In
 * pieces that are filled to the last byte: nothing is moved when it grows, and little lies empty in thousands of open streams.
 */
export class TextTap {
  /** The full ones, in order. */
  #full: Uint8Array[] | undefined;
  #piece = NO_BYTES;
  /** Bytes in `#piece`, and in all. */
  #filled = 0;
  #length = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Bounds of a JSON string value, quotes included. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const last = end - 1;
    const size = last - start - 1;
    if (size <= 0 || this.#length + size > TAP_LIMIT) return;
    this.#length += size;
    for (let at = start + 1; at < last; ) {
      if (this.#filled === this.#piece.length) this.#nextPiece();
      at = this.#fill(bytes, at, Math.min(last, at + this.#piece.length - this.#filled));
    }
  }

  text(): string {
    const last = this.#piece.subarray(0, this.#filled);
    const escaped = decoder.decode(this.#full === undefined ? last : concat([...this.#full, last]));
    try {
      return JSON.parse(`"${escaped}"`) as string;
    } catch {
      return escaped;
    }
  }

  #fill(bytes: Uint8Array, start: number, end: number): number {
    const piece = this.#piece;
    let to = this.#filled;
    if (end - start < 32) for (let at = start; at < end; at++) piece[to++] = bytes[at]!;
    else piece.set(bytes.subarray(start, end), to);
    this.#filled += end - start;
    return end;
  }

  #nextPiece(): void {
    if (this.#filled > 0) {
      this.#full ??= [];
      this.#full.push(this.#piece);
    }
    this.#piece = new Uint8Array(PIECE_BYTES);
    this.#filled = 0;
  }
}

const decoder = new TextDecoder();

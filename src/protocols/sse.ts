/** One server-sent event as the HTML standard reads it. */
export interface SseEvent {
  /** Value of the last `event:` line; '' when there was none. */
  event: string;
  /** `data:` lines joined by a newline. */
  data: string;
}

/** Takes the blocks that a framer finds. */
export interface BlockReader {
  /** A block: the bytes from `start` to `end`. */
  onBlock(bytes: Uint8Array, start: number, end: number): void;
}

const LF = 0x0a;
const CR = 0x0d;
const EMPTY = new Uint8Array(0);
/** Below that, a block that is not whole yet has no room behind it: most come in two pieces. */
const SHORT = 4096;

/**
 * Cuts a byte stream into whole event blocks, terminator included, wherever the network cut it. Understands LF, CR and
 * CRLF, also across reads; drops a leading BOM. A block is a part of the chunk it came in, not a copy, unless it spanned two.
 */
export class SseFramer {
  /** A block that is not whole yet, with room behind it for more: a long one may come in a hundred thousand pieces. */
  #buffer: Uint8Array = EMPTY;
  /** Bytes of it. No terminator was found in them. */
  #kept = 0;
  /** They have a CR. */
  #keptCarriages = false;
  #first = true;
  /** Whether the bytes of the last push have a CR: without one, every line of theirs ends in LF. */
  carriages = false;
  readonly #maxBlockBytes: number;

  constructor(maxBlockBytes = 16 * 1024 * 1024) {
    this.#maxBlockBytes = maxBlockBytes;
  }

  /**
   * Tells of every block that the chunk completes. Throws RangeError when a block outgrows its bound.
   */
  push(chunk: Uint8Array, reader: BlockReader, chunkStart = 0, chunkEnd = chunk.length): void {
    let bytes = chunk;
    let start = chunkStart;
    let end = chunkEnd;
    if (start >= end) return;
    const kept = this.#kept;
    if (kept > 0) {
      bytes = this.#append(chunk, start, end);
      start = 0;
      end = bytes.length;
    }
    if (this.#first) {
      if (end - start < 3 && isBomPrefix(bytes, start, end)) {
        this.#keep(bytes, start, end);
        return;
      }
      this.#first = false;
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
    }
    const carriage = this.#keptCarriages ? 0 : bytes.indexOf(CR, Math.max(start, kept));
    this.carriages = carriage >= 0 && carriage < end;
    const endOf = this.carriages ? blockEnd : blockEndOfLf;
    let from = Math.max(start, kept - 3);
    for (;;) {
      const next = endOf(bytes, from, end);
      if (next < 0) break;
      reader.onBlock(bytes, start, next);
      start = next;
      from = next;
    }
    if (end - start > this.#maxBlockBytes) throw new RangeError('event block too long');
    // Whoever was told of a block may still have it: nothing more is written behind it.
    if (kept > 0 && start === 0) {
      this.#kept = end;
      this.#keptCarriages = this.carriages;
    } else {
      this.#keep(bytes, start, end);
    }
  }

  /** What came after the last terminator: a block that the upstream did not end. */
  get rest(): Uint8Array {
    return this.#buffer.subarray(0, this.#kept);
  }

  /** What is kept and these bytes behind it. A view of the room costs more than the copy of a short block. */
  #append(chunk: Uint8Array, start: number, end: number): Uint8Array {
    const length = this.#kept + end - start;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(length < SHORT ? length : Math.max(length, 2 * this.#buffer.length));
      larger.set(this.#kept === this.#buffer.length ? this.#buffer : this.rest);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk.subarray(start, end), this.#kept);
    return length === this.#buffer.length ? this.#buffer : this.#buffer.subarray(0, length);
  }

  /** A copy, so that a small rest does not keep a large chunk alive. */
  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#kept = end - start;
    this.#buffer = start === end ? EMPTY : bytes.slice(start, end);
    this.#keptCarriages = this.carriages && this.#buffer.includes(CR);
  }
}

function isBomPrefix(bytes: Uint8Array, start: number, end: number): boolean {
  return end > start && bytes[start] === 0xef && (end - start < 2 || bytes[start + 1] === 0xbb);
}

/** `blockEnd` of bytes without a CR: nearly all streams. The platform's search is several times faster than a loop. */
function blockEndOfLf(bytes: Uint8Array, from: number, end: number): number {
  // The last byte begins no blank line.
  for (let at = bytes.indexOf(LF, from); at >= 0 && at < end - 1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
  }
  return -1;
}

/**
 * Offset just past the first blank line from `from` to `length`, or -1. A CR as the very last byte stays undecided
 * (an LF may follow), so that CRLF split over two reads is one line end.
 */
function blockEnd(bytes: Uint8Array, from: number, length: number): number {
  for (let i = from; i < length; i++) {
    const c = bytes[i];
    if (c !== LF && c !== CR) continue;
    let next = i + 1;
    if (c === CR) {
      if (next === length) return -1;
      if (bytes[next] === LF) next++;
    }
    const d = next < length ? bytes[next] : undefined;
    if (d === LF) return next + 1;
    if (d === CR) {
      if (next + 1 === length) return -1;
      return bytes[next + 1] === LF ? next + 2 : next + 1;
    }
    i = next - 1;
  }
  return -1;
}

/** Where the block ends but for its line ends. */
export function trimEnd(bytes: Uint8Array, start: number, blockEnd: number): number {
  let end = blockEnd;
  while (end > start && (bytes[end - 1] === LF || bytes[end - 1] === CR)) end--;
  return end;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads one block's lines. Undefined for a block that says nothing: comments, `retry:` alone, data that is empty. */
export function parseEvent(block: Uint8Array): SseEvent | undefined {
  const lines = decoder.decode(block).split(/\r\n|\r|\n/);
  let event = '';
  let data: string | undefined;
  for (const line of lines) {
    if (line === '' || line.startsWith(':')) continue;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') data = data === undefined ? value : `${data}\n${value}`;
    else if (field === 'event') event = value;
  }
  return data !== undefined && saysSomething(event, data) ? { event, data } : undefined;
}

/** Some servers send an event without data to keep the connection alive; an error is one without words, too. */
export const saysSomething = (event: string, data: string): boolean => data.trim() !== '' || event === 'error';

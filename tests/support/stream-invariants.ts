import type { StreamLane } from '../../src/protocols/lane.ts';
import { parseEvent, type SseEvent, SseFramer } from '../../src/protocols/sse.ts';
import { decodeLeniently } from '../../src/protocols/utf8.ts';
import { ChatChecker } from './stream-invariants-chat.ts';
import { MessagesChecker } from './stream-invariants-messages.ts';

/** Bytes as they were on the wire, or the events already read from them. */
type StreamInput = Uint8Array | string | SseEvent[];

interface ChatStreamExpectations {
  /** What the client asked for in `stream_options.include_usage`. */
  includeUsage: boolean;
  /** Blocks of comments alone end openai-python; DeepSeek sends them, a gateway must not. Default false. */
  allowCommentBlocks?: boolean;
}

/**
 * What every Chat Completions stream must hold, whoever made it. Returns what is broken, [] for a good stream.
 * A stream that ends in an error frame is good when nothing follows it.
 */
export function checkChatStream(input: StreamInput, expectations: ChatStreamExpectations): string[] {
  const { events, violations } = readEvents(input, expectations.allowCommentBlocks ?? false);
  const checker = new ChatChecker(expectations.includeUsage, violations);
  for (const event of events) checker.push(event);
  checker.end();
  return violations;
}

/** What every Messages stream must hold. Returns what is broken, [] for a good stream. Pings are allowed anywhere. */
export function checkMessagesStream(input: StreamInput): string[] {
  const { events, violations } = readEvents(input, true);
  const checker = new MessagesChecker(violations);
  for (const event of events) checker.push(event);
  checker.end();
  return violations;
}

/** A lane's `push` as the network does it: the bytes lie within a transfer chunk, between its size and the next one. */
function pushChunked(lane: { push(chunk: Uint8Array, start: number, end: number): void }, part: Uint8Array): void {
  const size = part.length.toString(16);
  const chunk = Buffer.concat([Buffer.from(`${size}\r\n`), part, Buffer.from('\r\n7f\r\n')]);
  lane.push(chunk, size.length + 2, size.length + 2 + part.length);
}

/** A whole upstream stream through a lane, up to its end: all that the client gets, and what of it came with each chunk. */
export function runLane(lane: StreamLane, chunks: Iterable<Uint8Array>): { text: string; reads: string[] } {
  const taken = (): string => decodeLeniently(lane.take() ?? new Uint8Array());
  const reads: string[] = [];
  for (const chunk of chunks) {
    pushChunked(lane, chunk);
    reads.push(taken());
  }
  lane.end();
  let text = reads.join('') + taken();
  if (lane.state === 'complete') text += decodeLeniently(lane.terminal());
  return { text, reads };
}

/** The same bytes in chunks of `size`. */
export function* rechunk(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** Every way to cut the bytes in two; with `step` > 1 only every step-th. */
export function* everySplit(bytes: Uint8Array, step = 1): Generator<[Uint8Array, Uint8Array]> {
  for (let at = 0; at <= bytes.length; at += step) yield [bytes.subarray(0, at), bytes.subarray(at)];
}

/** The events of a finished stream, comments left out. */
export function eventsOf(bytes: Uint8Array | string): SseEvent[] {
  return readEvents(bytes, true).events;
}

function readEvents(input: StreamInput, allowCommentBlocks: boolean): { events: SseEvent[]; violations: string[] } {
  const violations: string[] = [];
  if (Array.isArray(input)) return { events: input, violations };
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const events: SseEvent[] = [];
  const framer = new SseFramer();
  const onBlock = (chunk: Uint8Array, start: number, end: number): void => {
    const event = parseEvent(chunk.subarray(start, end));
    if (event !== undefined) events.push(event);
    else if (!allowCommentBlocks) violations.push(`block ${events.length}: a comment has a blank line of its own`);
  };
  framer.push(bytes, { onBlock });
  if (framer.rest.length > 0) violations.push('the last frame is not ended by a blank line');
  if (!isUtf8(bytes)) violations.push('the bytes are not UTF-8');
  return { events, violations };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

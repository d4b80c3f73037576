import { parseEvent, type SseEvent, saysSomething, trimEnd } from './sse.ts';

const LF = 0x0a;
const CR = 0x0d;
const EVENT = [0x65, 0x76, 0x65, 0x6e, 0x74, 0x3a];
const DATA = [0x64, 0x61, 0x74, 0x61, 0x3a];
const SPACE = 0x20;

// Of the platform's Buffer, because it reads a part without making a view of it.
const { utf8Slice } = Buffer.prototype as Buffer & { utf8Slice(start: number, end: number): string };

/**
 * `parseEvent` for the two forms that nearly every block of a model's stream has: one `data:` line, or an `event:` line and
 * a `data:` line. Cuts the data out without splitting lines; anything else takes the long way.
 */
export function readEvent(bytes: Uint8Array, start = 0, blockEnd = bytes.length): SseEvent | undefined {
  const end = trimEnd(bytes, start, blockEnd);
  const returns = bytes.indexOf(CR, start);
  if (returns >= 0 && returns < end) return parseEvent(bytes.subarray(start, blockEnd));
  let at = start;
  let event = '';
  if (startsWith(bytes, start, EVENT)) {
    const lineEnd = bytes.indexOf(LF, start);
    if (lineEnd < 0 || lineEnd >= end) return parseEvent(bytes.subarray(start, blockEnd));
    const nameStart = start + EVENT.length;
    event = utf8Slice.call(bytes, bytes[nameStart] === SPACE ? nameStart + 1 : nameStart, lineEnd);
    at = lineEnd + 1;
  }
  const oneLine = startsWith(bytes, at, DATA) && !isBefore(bytes.indexOf(LF, at), end);
  if (!oneLine) return parseEvent(bytes.subarray(start, blockEnd));
  at += DATA.length;
  if (bytes[at] === SPACE) at++;
  const data = at < end ? utf8Slice.call(bytes, at, end) : '';
  return saysSomething(event, data) ? { event, data } : undefined;
}

const isBefore = (found: number, end: number): boolean => found >= 0 && found < end;

function startsWith(bytes: Uint8Array, at: number, word: readonly number[]): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

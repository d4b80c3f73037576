import { parseEvent, type SseEvent } from './sse.ts';

const LF = 0x0a;
const CR = 0x0d;
const EVENT = [0x65, 0x76, 0x65, 0x6e, 0x74, 0x3a];
const DATA = [0x64, 0x61, 0x74, 0x61, 0x3a];
const SPACE = 0x20;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * `parseEvent` for the two forms that nearly every block of a model's stream has: one `data:` line, or an `event:` line and
 * a `data:` line. Cuts the data out without splitting lines; anything else takes the long way.
 */
export function readEvent(block: Uint8Array): SseEvent | undefined {
  let end = block.length;
  while (end > 0 && (block[end - 1] === LF || block[end - 1] === CR)) end--;
  let at = 0;
  if (startsWith(block, 0, EVENT)) {
    at = block.indexOf(LF) + 1;
    if (at === 0 || block.subarray(0, at).includes(CR)) return parseEvent(block);
  }
  if (!startsWith(block, at, DATA)) return parseEvent(block);
  const nameEnd = at - 1;
  at += DATA.length;
  if (block[at] === SPACE) at++;
  const line = block.subarray(at, end);
  if (line.includes(LF) || line.includes(CR)) return parseEvent(block);
  const data = decoder.decode(line);
  if (nameEnd < 0) return { event: '', data };
  const nameStart = block[EVENT.length] === SPACE ? EVENT.length + 1 : EVENT.length;
  return { event: decoder.decode(block.subarray(nameStart, nameEnd)), data };
}

function startsWith(block: Uint8Array, at: number, word: readonly number[]): boolean {
  for (let i = 0; i < word.length; i++) if (block[at + i] !== word[i]) return false;
  return true;
}

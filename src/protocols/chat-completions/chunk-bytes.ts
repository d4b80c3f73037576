import { isString, isWord } from '../json-bytes.ts';

/** What is looked for in a chunk's bytes besides its members. */

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;
const QUOTE = 0x22;
const FIELDS = ['data', 'event', 'id', 'retry'];

const decoder = new TextDecoder();
export const decode = (bytes: Uint8Array, start: number, end: number): string =>
  decoder.decode(bytes.subarray(start, end));

/** Whether the block begins with its data, as nearly all do. */
export function startsWithData(block: Uint8Array): boolean {
  return block[0] === 0x64 && block[1] === 0x61 && block[2] === 0x74 && block[3] === 0x61 && block[4] === 0x3a;
}

/** Whether the bytes are of more than one line. `carriages`: there may be a CR in them. */
export const hasLineEnd = (bytes: Uint8Array, start: number, end: number, carriages: boolean): boolean =>
  isBefore(bytes.indexOf(LF, start), end) || (carriages && isBefore(bytes.indexOf(CR, start), end));

const isBefore = (found: number, end: number): boolean => found >= 0 && found < end;

/** Bounds of a line's data, without the field's name. */
interface DataLine {
  start: number;
  end: number;
}

/**
 * Where the data stands in a block of fields that the client may have as they are: 'none' where it has none. Undefined for
 * a block with a comment, with several lines of data, with something that is no field, or an error.
 */
export function onlyDataLine(block: Uint8Array): DataLine | 'none' | undefined {
  let found: DataLine | 'none' = 'none';
  let fields = 0;
  for (let start = 0; start < block.length; ) {
    const end = lineEnd(block, start);
    if (end > start) {
      const name = FIELDS.find((field) => isWord(block, start, start + field.length, field));
      if (name === undefined || block[start + name.length] !== COLON) return undefined;
      fields++;
      if (name === 'event' && decode(block, start + 'event:'.length, end).trim() === 'error') return undefined;
      if (name === 'data') {
        if (found !== 'none') return undefined;
        const value = start + 'data:'.length;
        found = { start: block[value] === 0x20 ? value + 1 : value, end };
      }
    }
    start = end + 1;
  }
  return fields === 0 ? undefined : found;
}

function lineEnd(block: Uint8Array, start: number): number {
  let end = start;
  while (end < block.length && block[end] !== LF && block[end] !== CR) end++;
  return end;
}

/** False for null, false, 0 and "". */
export function isTruthy(bytes: Uint8Array, start: number): boolean {
  const first = bytes[start];
  if (first === QUOTE) return bytes[start + 1] !== QUOTE;
  return first !== 0x6e && first !== 0x66 && first !== 0x30;
}

/** Whether the value is this text, written as it is; false also where it is written with escapes. */
export function says(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return isString(bytes, start) && isWord(bytes, start + 1, end - 1, text) && !text.includes('\\');
}

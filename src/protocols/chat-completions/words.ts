import { isObject } from '../json.ts';
import { isWord, type MemberVisitor, walkStrings } from '../json-bytes.ts';
import type { TextTap } from '../lane.ts';

/** Members that hold what a model says, in parts of content and in audio: beside them stand ids, types, signatures, sound. */
const WORDS = ['text', 'transcript', 'refusal', 'thinking'];

interface Words {
  bytes: Uint8Array;
  tap: TextTap;
}

/** Adds the words in a member of a message or delta to `tap`; its value, an object or an array, lies from `start` to `end`. */
export function tapWords(bytes: Uint8Array, start: number, end: number, tap: TextTap): void {
  walkStrings(bytes, start, end, tapWord, { bytes, tap });
}

const tapWord: MemberVisitor<Words> = ({ bytes, tap }, keyStart, keyEnd, valueStart, valueEnd) => {
  if (WORDS.some((word) => isWord(bytes, keyStart, keyEnd, word))) tap.add(bytes, valueStart, valueEnd);
};

/** The same words, in their order, of a parsed value. What is inside waits in a list: no nesting can exhaust the stack. */
export function wordsOf(value: unknown): string {
  let words = '';
  const waiting: [key: string, value: unknown][] = [['', value]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [key, inside] = next;
    if (typeof inside === 'string') words += WORDS.includes(key) ? inside : '';
    else if (Array.isArray(inside)) for (const item of inside.toReversed()) waiting.push(['', item]);
    else if (isObject(inside)) for (const member of Object.entries(inside).reverse()) waiting.push(member);
  }
  return words;
}

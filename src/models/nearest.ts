import { editDistance } from '../config/nearest.ts';

/** Something that goes by several names. */
interface Candidate {
  id: string;
  names: readonly string[];
}

/** How many names a message can hold and still be read. */
const SUGGESTIONS = 3;
/** A longer name is no typing mistake of ours, and the distance takes time in the product of both lengths. */
const COMPARED = 64;

/** Ids of the candidates nearest to `name`, the likeliest first and at most three. */
export function nearestNames(name: string, candidates: readonly Candidate[]): string[] {
  const wanted = normalised(name.slice(0, COMPARED));
  return candidates
    .map(({ id, names }) => ({ id, score: Math.min(...names.map((one) => difference(wanted, normalised(one)))) }))
    .sort((a, b) => a.score - b.score || (a.id < b.id ? -1 : 1))
    .slice(0, SUGGESTIONS)
    .map(({ id }) => id);
}

/** Lower is nearer. A shared beginning outranks a chance likeness of letters; a part named in full (`sonnet`) both. */
function difference(wanted: string, name: string): number {
  const shorter = Math.min(wanted.length, name.length);
  const part = shorter > 1 && (name.includes(wanted) || wanted.includes(name)) ? 2 * shorter : 0;
  return editDistance(wanted, name) - commonPrefix(wanted, name) - part;
}

/** `GPT 5.4` and `gpt-5-4` are the same to a reader. */
function normalised(name: string): string {
  return name.toLowerCase().replace(/[._\s/:]+/g, '-');
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

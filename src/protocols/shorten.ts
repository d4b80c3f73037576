/** Characters of a hash, with the mark in front of it. */
const HASH_LENGTH = 14;

/**
 * The text, or what of it fits into `most` characters with its hash behind. The same text becomes the same in every request:
 * what belongs together still does, and prompt caches hold.
 */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - HASH_LENGTH)}_${Bun.hash(text)
    .toString(36)
    .padStart(HASH_LENGTH - 1, '0')}`;
}

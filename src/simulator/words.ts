/** Words that say nothing of what a text is about. */
const STOP_WORDS = new Set(
  `a about above after again all also answer am an and any are as at be because been before being below between both but by can
  could did do does doing down during each exactly few for from further get give had has have having he her here hers him his how
  i if in into is it its just let like me more most my need no nor not now of off on once only or other our out over own
  please same say she should so some such tell than that the their them then there these they this those through to too under
  until up use using very want was we were what when where which while who whom why will with word words would write you your yours`.split(
    /\s+/,
  ),
);

/** Words of a text, lower case, plural s and common endings dropped, so that `Reads files` meets `read_file`. */
export function stemsOf(text: string): string[] {
  const words = text.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return (words.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !STOP_WORDS.has(word)).map(stem);
}

/** What a text is about: its longer words in their order, each once, as written. */
export function keywordsOf(text: string, limit: number): string[] {
  const found = new Map<string, string>();
  for (const word of text.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? []) {
    const lower = word.toLowerCase();
    if (STOP_WORDS.has(lower) || (word.length < 3 && !/\p{Script=Han}/u.test(word))) continue;
    if (!found.has(lower)) found.set(lower, word);
    if (found.size === limit) break;
  }
  return [...found.values()];
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[], and = ' and ', comma = ', '): string {
  if (words.length < 2) return words.join('');
  return words.slice(0, -1).join(comma) + and + words.at(-1);
}

/** One line of at most `length` characters. */
export function excerpt(text: string, length: number): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= length ? line : `${[...line].slice(0, length - 1).join('')}…`;
}

/** True for text that is mostly Han or kana: it is answered in Chinese. */
export function isChinese(text: string): boolean {
  const head = text.slice(0, 2000);
  const han = head.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  return han > 0 && han * 3 > head.replace(/\s/g, '').length;
}

function stem(word: string): string {
  if (word.length > 5) return word.replace(/(?:ing|ed|es|s)$/, '').replace(/(.)\1$/, '$1');
  return word.length > 3 ? word.replace(/s$/, '') : word;
}

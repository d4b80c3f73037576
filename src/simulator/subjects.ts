import type { JsonObject } from '../protocols/json.ts';
import { excerpt } from './words.ts';

/** What a text names that a tool could be given: places, quoted strings, files, addresses, commands. In its order. */
export interface Subjects {
  /** Names and quoted strings: `Paris and Oslo` gives two. */
  names: string[];
  paths: string[];
  urls: string[];
  emails: string[];
  dates: string[];
  /** A shell command that the text asks to run. */
  command: string | undefined;
  /** The whole text, one line. */
  text: string;
}

const NAME = /\p{Lu}[\p{L}\p{M}'’.-]*(?: (?:(?:de|of|la|le|the) )?\p{Lu}[\p{L}\p{M}'’-]*)*/gu;
/** Capitalised at the start of a sentence without being a name. */
const NOT_NAMES = new Set(
  'What When Where Which Who Why How Is Are Was Were Do Does Did Can Could Will Would Should May Please Tell Give Get Show Find Search Look Read Open List Run Execute Write Create Make Use Call Compare Check Fetch Convert Translate Calculate Compute Add Set Send Book The A An I In On At For And Or But If Then It This That These Those My Your Let Hi Hello Hey Now Also Both'.split(
    ' ',
  ),
);

export function subjectsOf(text: string): Subjects {
  const head = text.slice(-8000);
  const quoted = [
    ...head.matchAll(/["“`«]([^"”`»\n]{1,200})["”`»]|(?<![\p{L}\p{N}])'([^'\n]{1,200})'(?![\p{L}\p{N}])/gu),
  ].map((match) => match[1] ?? match[2]!);
  const urls = head.match(/https?:\/\/[^\s"'<>)\]]+/g) ?? [];
  const emails = head.match(/[\w.+-]+@[\w-]+\.[\w.-]*\w/g) ?? [];
  const paths = (
    head.match(/(?<![\w:/@])(?:~|\.{1,2})?(?:\/[\w.@-]+)+\/?|(?<![\w@/.])[\w-]+(?:\/[\w.-]+)*\.[a-z]\w{0,4}\b/g) ?? []
  ).filter((path) => !urls.some((url) => url.includes(path)) && !emails.some((email) => email.includes(path)));
  return {
    names: unique([...quoted, ...properNames(head)]),
    paths: unique(paths),
    urls: unique(urls),
    emails: unique(emails),
    dates: unique(head.match(/\b\d{4}-\d{2}-\d{2}\b/g) ?? []),
    command: commandIn(head),
    text: excerpt(head, 400),
  };
}

/** Subjects that one call each could be made for: what the main string property of a tool would take. */
export function listFor(name: string, schema: JsonObject, subjects: Subjects): string[] {
  const about = `${name} ${typeof schema.description === 'string' ? schema.description : ''}`.toLowerCase();
  const is = (pattern: RegExp) => pattern.test(about);
  if (schema.format === 'uri' || is(/\burl|\buri\b|link|website/)) return subjects.urls;
  if (schema.format === 'email' || is(/e-?mail/)) return subjects.emails;
  if (schema.format === 'date' || is(/\bdate\b/)) return subjects.dates;
  if (is(/command|\bcmd\b|\bshell\b/)) return subjects.command === undefined ? [] : [subjects.command];
  if (is(/path|file|folder|director/)) return subjects.paths;
  if (is(/query|question|prompt|message|\btext\b|content|\binput\b|description|instruction|task|thought/)) return [];
  return subjects.names.length > 0 ? subjects.names : subjects.paths;
}

function properNames(text: string): string[] {
  const names: string[] = [];
  /** At the start of a sentence every word is capitalised: taken for a name only in a list, or where there is no other. */
  const doubtful: string[] = [];
  for (const { 0: match, index } of text.matchAll(NAME)) {
    const words = match.split(' ').map((word) => word.replace(/(?:['’]s|[.'’-])$/, ''));
    const starts = /(?:^|[.?!:\n])\s*$/.test(text.slice(Math.max(0, index - 3), index));
    while (words.length > 0 && NOT_NAMES.has(words[0]!)) words.shift();
    if (words.length === 0) continue;
    const listed = /^(?:,| and\b| or\b)/.test(text.slice(index + match.length));
    (starts && words.length === 1 && !listed ? doubtful : names).push(words.join(' '));
  }
  return names.length > 0 ? names : doubtful;
}

function commandIn(text: string): string | undefined {
  const fenced = /```(?:sh|bash|shell|console)?\n([^`]+?)\n?```/.exec(text)?.[1];
  if (fenced !== undefined) return fenced.trim();
  const asked =
    /\b(?:run|execute)\s+(?:the\s+)?(?:(?:shell|bash)\s+)?(?:command\s*:?\s*)?[`"']?([^`"'\n]{2,300})/i.exec(text)?.[1];
  return asked?.replace(/[.?!]$/, '').trim();
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

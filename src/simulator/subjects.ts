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
  /** IANA time zones: `Asia/Tokyo`. */
  zones: string[];
  /** A shell command that the text asks to run. */
  command: string | undefined;
  /** Arithmetic that stands in the text. */
  expression: string | undefined;
  /** What is to be written or sent: quoted, or after `containing`. */
  content: string | undefined;
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
  const zones = head.match(/(?<![\w/])[A-Z][A-Za-z]+\/[A-Z][A-Za-z]+(?:_[A-Z][a-z]+)*(?![\w/])/g) ?? [];
  const paths = (
    head.match(/(?<![\w:/@])(?:~|\.{1,2})?(?:\/[\w.@-]+)+\/?|(?<![\w@/.])[\w-]+(?:\/[\w.-]+)*\.[a-z]\w{0,4}\b/g) ?? []
  ).filter((path) => !urls.some((url) => url.includes(path)) && !emails.some((email) => email.includes(path)));
  return {
    names: unique([
      ...quoted,
      ...properNames(zones.reduce((text, zone) => text.replaceAll(zone, ' '), head)),
      ...chineseNames(head),
    ]),
    paths: unique(paths),
    urls: unique(urls),
    emails: unique(emails),
    dates: unique(head.match(/\b\d{4}-\d{2}-\d{2}\b/g) ?? []),
    zones: unique(zones),
    command: commandIn(head),
    expression: /(?<![\w.])[\d(][\d\s().]{0,40}(?:[-+*/×÷^%]\s*[\d(][\d\s().]{0,40})+/.exec(head)?.[0].trim(),
    content: contentIn(head) ?? quoted.find((text) => !paths.includes(text)),
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
  if (/content|text|body|message/i.test(name)) return subjects.content === undefined ? [] : [subjects.content];
  if (is(/time.?zone|\btz\b/)) return subjects.zones.length > 0 ? subjects.zones : subjects.names;
  if (is(/\bexpression|formula|equation/)) return subjects.expression === undefined ? [] : [subjects.expression];
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

/** Places asked about in Chinese: `北京和上海的天气` gives two. */
function chineseNames(text: string): string[] {
  return text.split(/[，。？！；,?!;\n]/).flatMap((clause) => {
    const end = clause.search(/的|天气|气温|时间|几点/);
    if (end < 1) return [];
    const places = clause.slice(0, end).replace(/^(?:请|帮我|告诉我|查询|查一下|查|看看|今天|现在|明天)+/, '');
    return places.split(/[和与及跟、]/).filter((place) => /^\p{Script=Han}{2,6}$/u.test(place));
  });
}

function contentIn(text: string): string | undefined {
  const said =
    /\b(?:containing|saying|that says|with the (?:content|text|words?))\s+(?:the (?:content|text|words?)\s+)?:?\s*(.{1,300})/i;
  const asked = said.exec(text)?.[1];
  if (asked === undefined) return undefined;
  const quoted = /^["'“`]([^"'”`\n]+)["'”`]/.exec(asked)?.[1];
  return quoted ?? asked.replace(/(?:,|\.(?=\s|$)|\s+(?:using|to|in|into|with)\s).*$/i, '').trim();
}

/** What follows a command in the same sentence without being a part of it. */
const AFTER_COMMAND =
  /(?:[.;,]?\s+(?:and|then)\s+(?:then\s+)?(?:tell|show|report|give|let|say|explain|summari[sz]e|answer|reply)\b.*|\.\s+\p{Lu}.*|\s+(?:in|using|with|via|through)\s+(?:the\s+|a\s+|your\s+)?(?:bash|shell|terminal|command line|\w+ tool)\b.*)$/iu;

function commandIn(text: string): string | undefined {
  const fenced = /```(?:sh|bash|shell|console)?\n([^`]+?)\n?```/.exec(text)?.[1];
  if (fenced !== undefined) return fenced.trim();
  const ticked = /\b(?:run|execute|command|bash|shell)\b[^`\n]{0,60}`([^`\n]+)`/i.exec(text)?.[1];
  if (ticked !== undefined) return ticked.trim();
  const [, asked] =
    /\bcommand\s*:\s*(\S[^\n]{1,300})/i.exec(text) ??
    /\b(?:run|execute)\s+(?:exactly\s+)?(?:the\s+|this\s+)?(?:following\s+)?(?:(?:shell|bash)\s+)?(?:command\s+)?:?\s*(\S[^\n]{1,300})/i.exec(
      text,
    ) ??
    [];
  const command = asked
    ?.replace(AFTER_COMMAND, '')
    .replace(/[.?!]$/, '')
    .trim();
  // A quotation mark that closes what began before the command is none of its own.
  return /^(["'])([^"']+)\1$/.exec(command ?? '')?.[2] ?? command?.replace(/^([^"]*)"$|^([^']*)'$/, '$1$2');
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

import type { Language } from '../structure/document.ts';
import { Html, html } from './html.ts';

/**
 * Marks comments, strings, keywords and variables of short examples. No grammar: one pattern for each language, whose
 * first alternative that fits wins, is enough for what these pages show.
 */
export function highlight(code: string, language: Language): Html {
  const pattern = PATTERNS[language];
  if (pattern === undefined) return html`${code}`;
  const parts: Html[] = [];
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0];
    if (kind === undefined) continue;
    parts.push(html`${code.slice(end, match.index)}<span class="${kind}">${match[0]}</span>`);
    end = match.index + match[0].length;
  }
  parts.push(html`${code.slice(end)}`);
  return new Html(parts.join(''));
}

const word = (...words: string[]): string => `(?<keyword>(?<![\\w.-])(?:${words.join('|')})(?![\\w-]))`;
const double = '"(?:[^"\\\\\\n]|\\\\.)*"';
const single = "'(?:[^'\\\\\\n]|\\\\.)*'";
const pattern = (...alternatives: string[]): RegExp => new RegExp(alternatives.join('|'), 'gm');

const PATTERNS: Record<Language, RegExp | undefined> = {
  sh: pattern(
    '(?<comment>(?<=^|\\s)#.*$)',
    `(?<string>${double}|'[^']*')`,
    '(?<variable>\\$\\w+)',
    word('curl', 'export', 'npm', 'npx', 'pip', 'claude', 'opencode', 'echo'),
  ),
  python: pattern(
    '(?<comment>#.*$)',
    `(?<string>${double}|${single})`,
    word(
      'import',
      'from',
      'with',
      'as',
      'for',
      'in',
      'if',
      'elif',
      'else',
      'def',
      'return',
      'print',
      'True',
      'False',
      'None',
    ),
  ),
  typescript: pattern(
    '(?<comment>(?<![:\\w])//.*$)',
    `(?<string>${double}|${single}|\`[^\`]*\`)`,
    word(
      'import',
      'from',
      'const',
      'let',
      'new',
      'await',
      'for',
      'of',
      'if',
      'else',
      'true',
      'false',
      'null',
      'undefined',
    ),
  ),
  json: pattern(`(?<key>${double}(?=\\s*:))`, `(?<string>${double})`, '(?<keyword>\\b(?:true|false|null)\\b)'),
  text: undefined,
};

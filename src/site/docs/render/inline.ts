/** A piece of a line of text. `href` is a path of this site, a fragment, or an address of the web. */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong'; text: string }
  | { kind: 'link'; text: string; href: string }
  /** `✅`, `➖` or `❌`, and what it says to those who do not see it. */
  | { kind: 'mark'; text: string; means: Meaning };

export type Meaning = 'Yes' | 'In part' | 'No';

const MARKS: Record<string, Meaning> = { '✅': 'Yes', '➖': 'In part', '❌': 'No' };

/** Splits a line into its pieces. Pure text comes back as it is: nothing is lost, nothing is escaped yet. */
export type InlineParser = (line: string) => Inline[];

/**
 * Reads the markup that documents.ts describes, and links the names of `models` (id → path) wherever they stand alone.
 * A link to anything but a path, a fragment or http(s) stays text: a card may come from anybody's folder.
 */
export function inlineParser(models: ReadonlyMap<string, string>): InlineParser {
  // The longer id first, or `gpt-5-4` would take the head of `gpt-5-4-mini`.
  const ids = [...models.keys()].sort((a, b) => b.length - a.length).map((id) => id.replaceAll('.', '\\.'));
  const model = ids.length === 0 ? '(?!)' : `(?<![\\w.[/-])(?:${ids.join('|')})(?![\\w[/-]|\\.\\w)`;
  const pattern = new RegExp(
    `\`(?<code>[^\`]+)\`|\\*\\*(?<strong>[^*]+)\\*\\*|\\[(?<label>[^\\]]+)\\]\\((?<href>[^)\\s]+)\\)|(?<mark>[✅➖❌])|(?<model>${model})`,
    'gu',
  );
  return (line) => {
    const pieces: Inline[] = [];
    let end = 0;
    const text = (until: number): void => {
      if (until > end) pieces.push({ kind: 'text', text: line.slice(end, until) });
    };
    for (const match of line.matchAll(pattern)) {
      const { code, strong, label, href, mark, model } = match.groups ?? {};
      if (href !== undefined && !/^(\/(?!\/)|#|https?:\/\/)/.test(href)) continue;
      text(match.index);
      end = match.index + match[0].length;
      if (code !== undefined) pieces.push({ kind: 'code', text: code });
      else if (strong !== undefined) pieces.push({ kind: 'strong', text: strong });
      else if (label !== undefined && href !== undefined) pieces.push({ kind: 'link', text: label, href });
      else if (mark !== undefined) pieces.push({ kind: 'mark', text: mark, means: MARKS[mark] ?? 'Yes' });
      else if (model !== undefined) pieces.push({ kind: 'link', text: model, href: models.get(model) ?? '' });
    }
    text(line.length);
    return pieces;
  };
}

/** The line without its markup. */
export function plainText(pieces: readonly Inline[]): string {
  return pieces.map(({ text }) => text).join('');
}

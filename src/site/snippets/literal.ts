/** How a language writes the values of JSON. */
export interface LiteralStyle {
  scalar: (value: string | number | boolean | null) => string;
  /** A name with its value as it is written, in an object `depth` levels in. */
  member: (name: string, value: string, depth: number) => string;
  /** Space inside the braces of an object that stays on its line. */
  braces: '' | ' ';
  /** One level. */
  indent: string;
  /** After the last item of what is broken into lines. */
  trailingComma: boolean;
  /** Whether a list of objects stays on its line where it fits. */
  objectsInLine: boolean;
}

/** Longest list or object that stays on its line. Characters. */
const LINE = 72;

/**
 * A value of JSON as people write it in a language, `depth` levels in: what fits a line stays on it. The outermost value is
 * broken where `breakOuter` says so.
 */
export function literal(value: unknown, depth: number, style: LiteralStyle, breakOuter = false): string {
  if (value === undefined) return style.scalar(null);
  if (value === null || typeof value !== 'object') return style.scalar(value as string | number | boolean | null);
  const array = Array.isArray(value);
  const items = array
    ? value.map((item) => literal(item, depth + 1, style))
    : Object.entries(value).map(([name, item]) => style.member(name, literal(item, depth + 1, style), depth));
  const [open, close] = array ? ['[', ']'] : ['{', '}'];
  if (items.length === 0) return open + close;
  const padding = array ? '' : style.braces;
  const line = `${open}${padding}${items.join(', ')}${padding}${close}`;
  const broken = breakOuter || (!style.objectsInLine && array && items.some((item) => item.startsWith('{')));
  if (!broken && line.length <= LINE && !line.includes('\n')) return line;
  const indent = style.indent.repeat(depth + 1);
  const end = style.trailingComma ? ',' : '';
  return `${open}\n${items.map((item) => indent + item).join(',\n')}${end}\n${style.indent.repeat(depth)}${close}`;
}

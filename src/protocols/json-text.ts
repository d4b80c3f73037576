import {
  eachElement,
  type Member,
  membersOf,
  OPEN_BRACE,
  OPEN_BRACKET,
  type Path,
  skipSpace,
  stringEnd,
  type TopLevel,
} from './json-scan.ts';

/** An edit of JSON text: every character that no edit names stays as it came. */
export type Edit =
  /** Replaces the value; an object member that is not there is added at the end of its (existing) object. */
  | { path: Path; set: string }
  | { path: Path; remove: true }
  /** Renames an object's key, value untouched. */
  | { path: Path; rename: string }
  /** Puts a new element before the array index that ends the path; the array's length appends. */
  | { path: Path; insert: string };

interface EditNode {
  set?: string;
  remove?: boolean;
  rename?: string;
  inserts?: string[];
  children?: Map<string | number, EditNode>;
}

/**
 * The text with all edits applied and every other character as it was. `text` must be valid JSON. Indexes are those of
 * the text given. Where a key occurs twice in one object, every occurrence is edited. Edits below a removed or replaced
 * value are ignored. `top`: of this text, where it was scanned already.
 */
export function splice(text: string, edits: readonly Edit[], top?: TopLevel): string {
  if (edits.length === 0) return text;
  const only = edits.length === 1 ? edits[0]! : undefined;
  if (only !== undefined && 'set' in only && only.path.length === 1) {
    const name = only.path[0];
    if (typeof name === 'string') return setMember(text, name, only.set, top);
  }
  const root: EditNode = {};
  for (const edit of edits) plant(root, edit);
  if (root.set !== undefined) return root.set;
  const out = new Output(text);
  editValue(text, skipSpace(text, 0), root, out, top?.members);
  return out.finish();
}

/** The commonest of all edits: of a member of the outermost object. */
function setMember(text: string, name: string, value: string, top: TopLevel | undefined): string {
  const at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return text;
  const out = new Output(text);
  let end = at + 1;
  let found = false;
  for (const { key, valueStart, valueEnd } of top?.members ?? membersOf(text, at)) {
    end = valueEnd;
    if (key !== name) continue;
    found = true;
    out.replace(valueStart, end, value);
  }
  if (!found) out.replace(end, end, `${end > at + 1 ? ',' : ''}${JSON.stringify(name)}:${value}`);
  return out.finish();
}

class Output {
  readonly #text: string;
  #pieces = '';
  #copied = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Replaces text[start, end) by `by`. Calls come in ascending order. */
  replace(start: number, end: number, by: string): void {
    this.#pieces += this.#text.slice(this.#copied, start) + by;
    this.#copied = end;
  }

  finish(): string {
    return this.#pieces + this.#text.slice(this.#copied);
  }
}

function plant(root: EditNode, edit: Edit): void {
  let node = root;
  for (const step of edit.path) {
    node.children ??= new Map();
    const child = node.children.get(step) ?? {};
    node.children.set(step, child);
    node = child;
  }
  if ('set' in edit) node.set = edit.set;
  else if ('remove' in edit) node.remove = true;
  else if ('rename' in edit) node.rename = edit.rename;
  else {
    node.inserts ??= [];
    node.inserts.push(edit.insert);
  }
}

/** `members`: of the object at `at`, where they are known. */
function editValue(text: string, at: number, node: EditNode, out: Output, members?: readonly Member[]): void {
  if (node.children === undefined) return;
  const first = text.charCodeAt(at);
  if (first === OPEN_BRACE) {
    editObject(text, at, members ?? membersOf(text, at), node.children, out);
  } else if (first === OPEN_BRACKET) {
    editArray(text, at, node.children, out);
  }
}

function editObject(
  text: string,
  at: number,
  members: readonly Member[],
  children: Map<string | number, EditNode>,
  out: Output,
): void {
  let keptEnd = -1;
  for (let i = 0; i < members.length; i++) {
    const { key, keyStart, valueStart, valueEnd } = members[i]!;
    const node = children.get(key);
    if (node?.remove) {
      removePiece(out, keptEnd, keyStart, valueEnd, members[i + 1]?.keyStart);
      continue;
    }
    keptEnd = valueEnd;
    if (node === undefined) continue;
    if (node.rename !== undefined) {
      out.replace(keyStart, stringEnd(text, keyStart), JSON.stringify(node.rename));
    }
    if (node.set !== undefined) out.replace(valueStart, valueEnd, node.set);
    else editValue(text, valueStart, node, out);
  }
  let addition = '';
  for (const [key, { set }] of children) {
    if (set === undefined || members.some((member) => member.key === String(key))) continue;
    addition += `${addition === '' && keptEnd < 0 ? '' : ','}${JSON.stringify(key)}:${set}`;
  }
  if (addition !== '') {
    const end = members.at(-1)?.valueEnd ?? at + 1;
    out.replace(end, end, addition);
  }
}

function editArray(text: string, at: number, children: Map<string | number, EditNode>, out: Output): void {
  const spans: { start: number; end: number }[] = [];
  eachElement(text, at, (start, end) => spans.push({ start, end }) > 0);
  let keptEnd = -1;
  for (let i = 0; i < spans.length; i++) {
    const { start, end } = spans[i]!;
    const node = children.get(i);
    if (node?.remove && node.inserts === undefined) {
      removePiece(out, keptEnd, start, end, spans[i + 1]?.start);
      continue;
    }
    keptEnd = end;
    if (node === undefined) continue;
    if (node.inserts !== undefined) {
      const inserted = node.inserts.join(',');
      if (node.remove) {
        out.replace(start, end, inserted);
        continue;
      }
      out.replace(start, start, `${inserted},`);
    }
    if (node.set !== undefined) out.replace(start, end, node.set);
    else editValue(text, start, node, out);
  }
  const tail = children.get(spans.length)?.inserts;
  if (tail === undefined) return;
  const end = spans.length > 0 ? spans[spans.length - 1]!.end : at + 1;
  out.replace(end, end, `${keptEnd >= 0 ? ',' : ''}${tail.join(',')}`);
}

/** Takes a member or element out together with one comma. `keptEnd` < 0: nothing before it stays. */
function removePiece(out: Output, keptEnd: number, start: number, end: number, nextStart: number | undefined): void {
  if (keptEnd >= 0) out.replace(keptEnd, end, '');
  else out.replace(start, nextStart ?? end, '');
}

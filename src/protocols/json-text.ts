import {
  type Member,
  membersOf,
  OPEN_BRACE,
  OPEN_BRACKET,
  type Path,
  skipSpace,
  skipValue,
  stringEnd,
  type TopLevel,
  walkElements,
  walkMembers,
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

/**
 * Edits the value at `at`, going down and on in one pass: a text may nest as deep as it may be long. Returns the offset past
 * it. `members`: of the object at `at`, where they are known.
 */
function editValue(text: string, at: number, node: EditNode, out: Output, members?: readonly Member[]): number {
  const first = text.charCodeAt(at);
  if (node.children !== undefined && first === OPEN_BRACE) return editObject(text, at, members, node.children, out);
  if (node.children !== undefined && first === OPEN_BRACKET) return editArray(text, at, node.children, out);
  return skipValue(text, at);
}

function editObject(
  text: string,
  at: number,
  members: readonly Member[] | undefined,
  children: Map<string | number, EditNode>,
  out: Output,
): number {
  const pieces = new Pieces(out, at + 1);
  const found = new Set<string | number>();
  const edit = (key: string, keyStart: number, valueStart: number, valueEnd?: number): number => {
    const node = children.get(key);
    if (node === undefined) return pieces.keep(keyStart, valueEnd ?? skipValue(text, valueStart));
    if (node.remove) return pieces.remove(keyStart, valueEnd ?? skipValue(text, valueStart));
    found.add(key);
    pieces.begin(keyStart);
    if (node.rename !== undefined) out.replace(keyStart, stringEnd(text, keyStart), JSON.stringify(node.rename));
    if (node.set === undefined) return pieces.keep(keyStart, editValue(text, valueStart, node, out));
    const end = valueEnd ?? skipValue(text, valueStart);
    out.replace(valueStart, end, node.set);
    return pieces.keep(keyStart, end);
  };
  let past = at;
  if (members === undefined) past = walkMembers(text, at, edit);
  else for (const { key, keyStart, valueStart, valueEnd } of members) edit(key, keyStart, valueStart, valueEnd);
  const { end, kept } = pieces.finish();
  let addition = '';
  for (const [key, { set, remove }] of children) {
    if (set === undefined || remove || found.has(key)) continue;
    addition += `${addition === '' && !kept ? '' : ','}${JSON.stringify(key)}:${set}`;
  }
  if (addition !== '') out.replace(end, end, addition);
  return past;
}

function editArray(text: string, at: number, children: Map<string | number, EditNode>, out: Output): number {
  const pieces = new Pieces(out, at + 1);
  let length = 0;
  const past = walkElements(text, at, (start) => {
    const node = children.get(length++);
    if (node === undefined) return pieces.keep(start, skipValue(text, start));
    if (node.remove && node.inserts === undefined) return pieces.remove(start, skipValue(text, start));
    pieces.begin(start);
    const inserted = node.inserts?.join(',');
    if (inserted !== undefined && !node.remove) out.replace(start, start, `${inserted},`);
    const by = node.remove ? inserted : node.set;
    if (by === undefined) return pieces.keep(start, editValue(text, start, node, out));
    const end = skipValue(text, start);
    out.replace(start, end, by);
    return pieces.keep(start, end);
  });
  const { end, kept } = pieces.finish();
  const tail = children.get(length)?.inserts;
  if (tail !== undefined) out.replace(end, end, `${kept ? ',' : ''}${tail.join(',')}`);
  return past;
}

/** Members or elements one after the other; those that go take one comma each with them. */
class Pieces {
  /** Past the last one. */
  #end: number;
  /** One was kept. */
  #kept = false;
  /** Where the first of those begins that go before any is kept: the comma behind them goes too. */
  #goesFrom = -1;
  readonly #out: Output;

  /** `start`: where they begin at the earliest. */
  constructor(out: Output, start: number) {
    this.#out = out;
    this.#end = start;
  }

  /** One that stays begins at `start`. */
  begin(start: number): void {
    if (this.#goesFrom >= 0) this.#out.replace(this.#goesFrom, start, '');
    this.#goesFrom = -1;
  }

  keep(start: number, end: number): number {
    this.begin(start);
    this.#kept = true;
    this.#end = end;
    return end;
  }

  remove(start: number, end: number): number {
    if (this.#kept) this.#out.replace(this.#end, end, '');
    else if (this.#goesFrom < 0) this.#goesFrom = start;
    this.#end = end;
    return end;
  }

  finish(): { end: number; kept: boolean } {
    this.begin(this.#end);
    return { end: this.#end, kept: this.#kept };
  }
}

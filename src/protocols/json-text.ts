/**
 * Work on JSON as text: find members, cut values out, splice new ones in, and leave every other character as it came.
 * The scanner trusts nothing but bounds: on malformed text it stops early, and `JSON.parse` is the judge of validity.
 */

/** One member of an object, its bounds as string offsets. */
export interface Member {
  /** Unescaped. */
  key: string;
  /** Offset of the key's opening quote. */
  keyStart: number;
  valueStart: number;
  valueEnd: number;
}

export interface TopLevel {
  /** In their order; a key that occurs twice is there twice. */
  members: readonly Member[];
  /** True when something nests deeper than allowed: do not parse. */
  tooDeep: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Deepest nesting accepted from clients: far above any tool schema, far below what a recursive walk can take. */
export const MAX_DEPTH = 200;
/** No text nests as deep. */
const UNBOUNDED = 0x7fffffff;

/** Members of the outermost object. `members` is empty when the text is no object. */
export function scanTopLevel(text: string, maxDepth = MAX_DEPTH): TopLevel {
  const members = membersAt(text, skipSpace(text, 0), maxDepth);
  return members === undefined ? { members: [], tooDeep: true } : { members, tooDeep: false };
}

/** Keys that occur more than once. */
export function duplicateKeys({ members }: TopLevel): string[] {
  const seen = new Set<string>();
  const duplicates: string[] = [];
  for (const { key } of members) {
    if (seen.has(key)) duplicates.push(key);
    seen.add(key);
  }
  return duplicates;
}

/** An edit of JSON text; `path` leads from the outermost value, object keys and array indexes. */
export type Edit =
  /** Replaces the value; an object member that is not there is added at the end of its (existing) object. */
  | { path: Path; set: string }
  | { path: Path; remove: true }
  /** Renames an object's key, value untouched. */
  | { path: Path; rename: string }
  /** Puts a new element before the array index that ends the path; the array's length appends. */
  | { path: Path; insert: string };

export type Path = readonly (string | number)[];

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

/** The commonest of all edits. */
function setMember(text: string, name: string, value: string, top: TopLevel | undefined): string {
  const at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return text;
  const out = new Output(text);
  let end = at + 1;
  let found = false;
  if (top === undefined) {
    const cursor = new MemberCursor(text, at, UNBOUNDED);
    while (cursor.next()) {
      end = cursor.valueEnd;
      if (!cursor.isNamed(name)) continue;
      found = true;
      out.replace(cursor.valueStart, end, value);
    }
  } else {
    for (const member of top.members) {
      end = member.valueEnd;
      if (member.key !== name) continue;
      found = true;
      out.replace(member.valueStart, end, value);
    }
  }
  if (!found) out.replace(end, end, `${end > at + 1 ? ',' : ''}${JSON.stringify(name)}:${value}`);
  return out.finish();
}

/** The text of the value at `path`, exactly as written; undefined when it is not there. Last of duplicate keys. */
export function rawAt(text: string, path: Path): string | undefined {
  let at = skipSpace(text, 0);
  let end = -1;
  for (const step of path) {
    let found = -1;
    if (typeof step === 'string') {
      for (const { key, valueStart, valueEnd } of membersOf(text, at)) {
        if (key !== step) continue;
        found = valueStart;
        end = valueEnd;
      }
    } else {
      let index = 0;
      eachElement(text, at, (start, stop) => {
        if (index++ !== step) return true;
        found = start;
        end = stop;
        return false;
      });
    }
    if (found < 0) return undefined;
    at = found;
  }
  return text.slice(at, end < 0 ? skipValue(text, at) : end);
}

/** Texts of an array's elements, each exactly as written. Empty for anything but an array. */
export function rawElements(text: string): string[] {
  const elements: string[] = [];
  eachElement(text, skipSpace(text, 0), (start, end) => {
    elements.push(text.slice(start, end));
    return true;
  });
  return elements;
}

/** Texts of an object's member values by key, each exactly as written. */
export function rawMembers(text: string): Map<string, string> {
  const members = membersOf(text, skipSpace(text, 0));
  return new Map(members.map(({ key, valueStart, valueEnd }) => [key, text.slice(valueStart, valueEnd)]));
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
  else node.inserts = [...(node.inserts ?? []), edit.insert];
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

/** Members of the object at `at`, however deep they nest: an upstream's answer has no bound. */
function membersOf(text: string, at: number): Member[] {
  return membersAt(text, at, UNBOUNDED) ?? [];
}

/** Members of the object at `at`, none for anything else; undefined when nesting went past `maxDepth`. */
function membersAt(text: string, at: number, maxDepth: number): Member[] | undefined {
  const members: Member[] = [];
  if (text.charCodeAt(at) !== OPEN_BRACE) return skipValue(text, at, maxDepth) < 0 ? undefined : members;
  const cursor = new MemberCursor(text, at, maxDepth);
  while (cursor.next()) {
    const { keyStart, keyEnd, valueStart, valueEnd } = cursor;
    members.push({ key: keyOf(text, keyStart, keyEnd), keyStart, valueStart, valueEnd });
  }
  return cursor.tooDeep ? undefined : members;
}

/** Goes over the members of an object, one at a time. Bounds are string offsets. */
class MemberCursor {
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** A value nests deeper than it may: the cursor goes no further. */
  tooDeep = false;
  readonly #text: string;
  readonly #maxDepth: number;
  /** Where the next member begins; -1: there is none. */
  #at: number;

  constructor(text: string, at: number, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#at = skipSpace(text, at + 1);
  }

  /** False when there are no more. */
  next(): boolean {
    const text = this.#text;
    const start = this.#at;
    if (start < 0 || start >= text.length || text.charCodeAt(start) !== QUOTE) return false;
    const keyEnd = stringEnd(text, start);
    const colon = skipSpace(text, keyEnd);
    if (text.charCodeAt(colon) !== COLON) return false;
    const valueStart = skipSpace(text, colon + 1);
    const valueEnd = skipValue(text, valueStart, this.#maxDepth - 1);
    this.tooDeep = valueEnd < 0;
    if (this.tooDeep) return false;
    this.keyStart = start;
    this.keyEnd = keyEnd;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    const after = skipSpace(text, valueEnd);
    this.#at = text.charCodeAt(after) === COMMA ? skipSpace(text, after + 1) : -1;
    return true;
  }

  /** Whether the member has this name, however it is spelt. */
  isNamed(name: string): boolean {
    const { keyStart, keyEnd } = this;
    const length = keyEnd - keyStart - 2;
    // Escapes make a key longer than its name.
    if (length < name.length) return false;
    if (length === name.length && !name.includes('\\')) return this.#text.startsWith(name, keyStart + 1);
    return keyOf(this.#text, keyStart, keyEnd) === name;
  }
}

/** Calls `visit` with the bounds of each element of the array at `at`, until it returns false. */
function eachElement(text: string, at: number, visit: (start: number, end: number) => boolean): void {
  if (text.charCodeAt(at) !== OPEN_BRACKET) return;
  let i = skipSpace(text, at + 1);
  while (i < text.length && text.charCodeAt(i) !== CLOSE_BRACKET) {
    const end = skipValue(text, i);
    if (end <= i || !visit(i, end)) return;
    i = skipSpace(text, end);
    if (text.charCodeAt(i) !== COMMA) return;
    i = skipSpace(text, i + 1);
  }
}

function keyOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return raw;
  }
}

function skipSpace(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
    i++;
  }
}

/** Offset just past the string that opens at `at`. */
function stringEnd(text: string, at: number): number {
  let i = at + 1;
  for (;;) {
    const quote = text.indexOf('"', i);
    if (quote < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes++;
    if ((slashes & 1) === 0) return quote + 1;
    i = quote + 1;
  }
}

/** Offset just past the value at `at`; -1 when it nests deeper than `maxDepth`. */
function skipValue(text: string, at: number, maxDepth = UNBOUNDED): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return stringEnd(text, at);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    let i = at;
    while (i < text.length) {
      const c = text.charCodeAt(i);
      if (c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET || c <= 0x20) break;
      i++;
    }
    return i;
  }
  let depth = 0;
  let i = at;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = stringEnd(text, i);
      continue;
    }
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (++depth > maxDepth) return -1;
    } else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
      if (--depth === 0) return i + 1;
    }
    i++;
  }
  return i;
}

import { asObject, asString, isObject, type JsonObject, parseJson } from '../json.ts';
import { hasContent, isWord, type MemberVisitor, skipSpace, walkObject } from '../json-bytes.ts';
import { rawAt } from '../json-scan.ts';
import { TextTap } from '../lane.ts';
import { encode } from '../utf8.ts';
import type { AnswerOutput } from '../whole-answer.ts';
import { DELTA_KINDS, isCall } from './delta-kinds.ts';

type Member = MemberVisitor<DeltaLook>;

/** Kinds of block whose deltas are looked into. */
export type BlockKind = 'text' | 'thinking' | 'tool_use' | 'other';

/** What the delta says that was read last, found in its bytes without a parse; all that was said is kept for counting. */
export class DeltaLook {
  /** It has a character of text, reasoning or tool input. */
  hasContent = false;
  /** Where the block's index stands. */
  indexStart = 0;
  indexEnd = 0;
  readonly #text = new TextTap();
  readonly #reasoning = new TextTap();
  /** Input that stood in the last block's start, for when no delta follows: some servers send it whole. */
  #input = '';
  #bytes: Uint8Array = NO_BYTES;
  #deltaStart = 0;
  #deltaEnd = 0;
  #typeStart = 0;
  #typeEnd = 0;
  #inputStart = 0;
  #inputEnd = 0;

  /** Of all output so far, how much. */
  get written(): number {
    return this.#text.length + this.#input.length + this.#reasoning.length;
  }

  /** All output so far. */
  output(): AnswerOutput {
    return { text: this.#text.text() + this.#input, reasoning: this.#reasoning.text() };
  }

  /** A block's start, parsed and as text: what its `content_block` says counts as a delta's, and so does the name of a call. */
  readStart(body: JsonObject, data: string): void {
    const { type, name, text, thinking, input } = asObject(body.content_block) ?? {};
    this.#add(this.#text, this.#input);
    if (isCall(type)) this.#add(this.#text, asString(name) ?? '');
    this.#add(this.#text, asString(text) ?? '');
    this.#add(this.#reasoning, asString(thinking) ?? '');
    // `{}` stands for input that is still to come.
    const whole = isObject(input) && Object.keys(input).length > 0;
    this.#input = whole ? (rawAt(data, ['content_block', 'input']) ?? '') : '';
    this.hasContent = Boolean(asString(text) || asString(thinking) || this.#input);
  }

  /** The event from `start` to `end`. False where it is no whole object, or has no delta. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#deltaStart = 0;
    this.indexStart = 0;
    this.#typeStart = 0;
    this.#typeEnd = 0;
    this.#inputStart = 0;
    this.hasContent = false;
    const past = walkObject(bytes, skipSpace(bytes, start, end), end, DeltaLook.#eventMember, this);
    if (this.#deltaStart === 0 || skipSpace(bytes, past, end) !== end) return false;
    walkObject(bytes, this.#deltaStart, this.#deltaEnd, DeltaLook.#deltaMember, this);
    return true;
  }

  /** The block's index: nearly always one digit. */
  index(): number {
    if (this.indexEnd - this.indexStart === 1) return this.#bytes[this.indexStart]! - 0x30;
    return Number(decoder.decode(this.#bytes.subarray(this.indexStart, this.indexEnd)));
  }

  /** The delta's type where it has no place in a block of that kind. */
  misfit(kind: BlockKind): string | undefined {
    const fits = DELTA_KINDS.find(([type]) => isWord(this.#bytes, this.#typeStart, this.#typeEnd, type));
    return fits !== undefined && kind !== 'other' && fits[1] !== kind ? fits[0] : undefined;
  }

  /** A piece of text with no character in it. Other kinds of delta say something without one: a citation. */
  isEmptyText(): boolean {
    return !this.hasContent && isWord(this.#bytes, this.#typeStart, this.#typeEnd, 'text_delta');
  }

  /** The piece of a tool's input that it brings. */
  inputFragment(): string {
    if (this.#inputStart === 0) return '';
    return asString(parseJson(decoder.decode(this.#bytes.subarray(this.#inputStart, this.#inputEnd)))) ?? '';
  }

  #add(tap: TextTap, text: string): void {
    if (text === '') return;
    const bytes = encode(JSON.stringify(text));
    tap.add(bytes, 0, bytes.length);
  }

  static readonly #eventMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    if (isWord(self.#bytes, keyStart, keyEnd, 'delta')) {
      self.#deltaStart = valueStart;
      self.#deltaEnd = valueEnd;
    } else if (isWord(self.#bytes, keyStart, keyEnd, 'index')) {
      self.indexStart = valueStart;
      self.indexEnd = valueEnd;
    }
  };

  static readonly #deltaMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (isWord(bytes, keyStart, keyEnd, 'type')) {
      self.#typeStart = valueStart + 1;
      self.#typeEnd = valueEnd - 1;
      return;
    }
    if (!hasContent(bytes, valueStart, valueEnd)) return;
    const input = isWord(bytes, keyStart, keyEnd, 'partial_json');
    if (input) {
      self.#inputStart = valueStart;
      self.#inputEnd = valueEnd;
    }
    if (input || isWord(bytes, keyStart, keyEnd, 'text')) {
      self.#text.add(bytes, valueStart, valueEnd);
      self.#input = '';
      self.hasContent = true;
    } else if (isWord(bytes, keyStart, keyEnd, 'thinking')) {
      self.#reasoning.add(bytes, valueStart, valueEnd);
      self.hasContent = true;
    }
  };
}

const NO_BYTES = new Uint8Array(0);
const decoder = new TextDecoder();

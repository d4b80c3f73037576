import { GatewayError } from '../../errors/catalogue.ts';
import type { ReasoningCollector } from '../collect-reasoning.ts';
import { brokenOff } from '../finish.ts';
import { parseJson } from '../json.ts';
import {
  type ElementVisitor,
  hasContent,
  isNull,
  isObject,
  isString,
  isWord,
  type MemberVisitor,
  skipSpace,
  walkArray,
  walkObject,
} from '../json-bytes.ts';
import { TextTap } from '../lane.ts';
import { RawJson } from '../raw-json.ts';
import { laterReport, type Usage, withoutOutput } from '../usage.ts';
import { encode } from '../utf8.ts';
import type { AnswerOutput } from '../whole-answer.ts';
import type { ReadError } from '../wire.ts';
import { callData } from './call-marks.ts';
import { decode, isTruthy } from './chunk-bytes.ts';
import type { Cut } from './chunk-template.ts';
import { readChatUsage } from './usage.ts';
import { tapWords } from './words.ts';

type Member = MemberVisitor<ChunkLook>;
type Element = ElementVisitor<ChunkLook>;

const QUOTE = 0x22;
const NO_BYTES = new Uint8Array(0);
/** Several times what a client may ask for. Each is looked for among the others. */
const MAX_CHOICES = 1024;

/**
 * What the chunk says that was read last, found in its bytes without a parse, and what all chunks have said so far. Only a
 * usage object is parsed.
 */
export class ChunkLook {
  /** Why the answer is none: an error in a chunk, or a finish reason that tells of one. */
  failure: GatewayError | undefined;
  /** A delta of any kind has come. */
  deltaSeen = false;

  // The chunk that was read last.
  modelStart = 0;
  modelEnd = 0;
  /** With the comma before it; 0: it has none. */
  usageStart = 0;
  usageEnd = 0;
  usageIsNull = false;
  /** It is a report that could be read. */
  reports = false;
  hasChoices = false;
  /** Its only delta, where that is a text; null: it has others, or says more. */
  delta: { start: number; end: number; tap: TextTap } | null | undefined;

  readonly #readError: ReadError;
  /** Takes what calls come with. */
  readonly #collector: ReasoningCollector | undefined;
  readonly #text = new TextTap();
  readonly #reasoning = new TextTap();
  /** Reasoning has come as `reasoning_content`. */
  #reasoningNamed = false;
  /** Choices that run, and those that have their finish reason. Nearly always one: a set would be larger than all of this. */
  #open: number[] = [];
  readonly #finished: number[] = [];
  /** Ids of the last call of each index, and of the last of all, where a collector takes what comes with them. */
  #calls: Map<unknown, string> | undefined;
  #lastCall: string | undefined;
  #bytes: Uint8Array = NO_BYTES;
  #lastMemberEnd = 0;
  #afterUsage = 0;
  #usage: Usage | undefined;
  /** Output that the report knows of, in bytes. */
  #reported = 0;
  #choiceIndex = 0;
  #choiceFinishes = false;
  #choiceUsage: Usage | undefined;

  constructor(readError: ReadError, collector: ReasoningCollector | undefined) {
    this.#readError = readError;
    this.#collector = collector;
  }

  /** The chunk from `start` to `end`. False where it is no whole object. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.modelStart = 0;
    this.usageStart = 0;
    this.usageIsNull = false;
    this.reports = false;
    this.hasChoices = false;
    this.delta = undefined;
    this.#lastMemberEnd = 0;
    this.#afterUsage = 0;
    const before = this.#usage;
    const past = walkObject(bytes, start, end, ChunkLook.#chunkMember, this);
    // Wherever in the chunk it stands: it knows the chunk's own delta.
    if (this.#usage !== before) this.#reported = this.#written;
    // A stream may be open for long, and the read that the chunk lies in is large.
    this.#bytes = NO_BYTES;
    return skipSpace(bytes, past, end) === end;
  }

  /** All choices that have come have ended, and there are at least so many. */
  finished(choices: number): boolean {
    return this.#finished.length >= choices && this.#open.length === 0;
  }

  /** A choice has ended. */
  get anyFinished(): boolean {
    return this.#finished.length > 0;
  }

  /** The newest report, as it was told. */
  get report(): Usage | undefined {
    return this.#usage;
  }

  /** The newest report; where more came after it, its output is the least. */
  usage(): Usage | undefined {
    const usage = this.#usage;
    return usage !== undefined && this.#written > this.#reported ? withoutOutput(usage) : usage;
  }

  get #written(): number {
    return this.#text.length + this.#reasoning.length;
  }

  /** All output so far. */
  output(): AnswerOutput {
    return { text: this.#text.text(), reasoning: this.#reasoning.text() };
  }

  /** The usage member with one comma: the one before it, or, where it comes first, the one after it. */
  usageCut(bytes: Uint8Array): Cut {
    const first = bytes[this.usageStart] === QUOTE;
    const end = first && this.#afterUsage > 0 ? this.#afterUsage : this.usageEnd;
    return { start: this.usageStart, end, by: undefined };
  }

  /** The usage member as it is where nothing is reported. */
  usageNulled(bytes: Uint8Array): Cut {
    const first = bytes[this.usageStart] === QUOTE;
    return { start: this.usageStart, end: this.usageEnd, by: encode(`${first ? '' : ','}"usage":null`) };
  }

  /** What an error says counts more than the finish reason `error` beside it. */
  #readFailure(start: number, end: number): void {
    this.failure = this.#readError(parseJson(decode(this.#bytes, start, end)));
  }

  static readonly #chunkMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (self.usageStart !== 0 && self.#afterUsage === 0) self.#afterUsage = keyStart - 1;
    const first = bytes[keyStart];
    if (first === 0x6d && isWord(bytes, keyStart, keyEnd, 'model')) {
      self.modelStart = valueStart;
      self.modelEnd = valueEnd;
    } else if (first === 0x63 && isWord(bytes, keyStart, keyEnd, 'choices')) {
      self.hasChoices = hasContent(bytes, valueStart, valueEnd);
      walkArray(bytes, valueStart, valueEnd, ChunkLook.#choice, self);
    } else if (first === 0x75 && isWord(bytes, keyStart, keyEnd, 'usage')) {
      self.usageStart = self.#lastMemberEnd || keyStart - 1;
      self.usageEnd = valueEnd;
      self.usageIsNull = isNull(bytes, valueStart);
      if (!self.usageIsNull) {
        const told = readChatUsage(parseJson(decode(bytes, valueStart, valueEnd)));
        self.reports = told !== undefined;
        self.#usage = laterReport(self.#usage, told);
      }
    } else if (first === 0x65 && isWord(bytes, keyStart, keyEnd, 'error') && isTruthy(bytes, valueStart)) {
      self.#readFailure(valueStart, valueEnd);
    }
    self.#lastMemberEnd = valueEnd;
  };

  static readonly #choice: Element = (self, start, end) => {
    self.#choiceIndex = 0;
    self.#choiceFinishes = false;
    self.#choiceUsage = undefined;
    walkObject(self.#bytes, start, end, ChunkLook.#choiceMember, self);
    if (self.#choiceFinishes) {
      self.delta = null;
      if (!self.#finished.includes(self.#choiceIndex)) self.#finished.push(self.#choiceIndex);
      self.#open = self.#open.filter((index) => index !== self.#choiceIndex);
    } else if (!self.#finished.includes(self.#choiceIndex) && !self.#open.includes(self.#choiceIndex)) {
      self.#open.push(self.#choiceIndex);
    }
    // Of several choices each tells its own, and none what all used.
    if (self.#open.length + self.#finished.length === 1) self.#usage = laterReport(self.#usage, self.#choiceUsage);
    if (self.#open.length + self.#finished.length > MAX_CHOICES) {
      self.failure ??= new GatewayError('upstream_error', 'The upstream sent more choices than anybody may ask for.');
    }
  };

  static readonly #choiceMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (isWord(bytes, keyStart, keyEnd, 'delta')) {
      walkObject(bytes, valueStart, valueEnd, ChunkLook.#deltaMember, self);
    } else if (isWord(bytes, keyStart, keyEnd, 'index')) {
      self.#choiceIndex = Number(decode(bytes, valueStart, valueEnd)) || 0;
    } else if (isWord(bytes, keyStart, keyEnd, 'finish_reason') && isString(bytes, valueStart)) {
      const failure = brokenOff(decode(bytes, valueStart + 1, valueEnd - 1));
      if (failure !== undefined) self.failure ??= failure;
      else self.#choiceFinishes = valueEnd - valueStart > 2;
    } else if (isWord(bytes, keyStart, keyEnd, 'error') && isTruthy(bytes, valueStart)) {
      self.#readFailure(valueStart, valueEnd);
    } else if (isWord(bytes, keyStart, keyEnd, 'usage') && isObject(bytes, valueStart)) {
      // Kimi reports it there.
      self.#choiceUsage = readChatUsage(parseJson(decode(bytes, valueStart, valueEnd)));
    }
  };

  static readonly #deltaMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (!hasContent(bytes, valueStart, valueEnd) || isWord(bytes, keyStart, keyEnd, 'role')) return;
    self.deltaSeen = true;
    if (isString(bytes, valueStart)) {
      const named = isWord(bytes, keyStart, keyEnd, 'reasoning_content');
      const reasoning = named || isWord(bytes, keyStart, keyEnd, 'reasoning');
      if (named) self.#reasoningNamed = true;
      else if (reasoning && self.#reasoningNamed) {
        // Servers that use both names say the same under both.
        self.delta = null;
        return;
      }
      const tap = reasoning ? self.#reasoning : self.#text;
      tap.add(bytes, valueStart, valueEnd);
      self.delta = self.delta === undefined ? { start: valueStart, end: valueEnd, tap } : null;
      return;
    }
    self.delta = null;
    if (isWord(bytes, keyStart, keyEnd, 'tool_calls')) {
      walkArray(bytes, valueStart, valueEnd, ChunkLook.#toolCall, self);
    } else if (isWord(bytes, keyStart, keyEnd, 'function_call')) {
      walkObject(bytes, valueStart, valueEnd, ChunkLook.#functionMember, self);
    } else if (!isWord(bytes, keyStart, keyEnd, 'reasoning_details')) {
      // Those say in pieces what `reasoning` says.
      tapWords(bytes, valueStart, valueEnd, self.#text);
    }
  };

  static readonly #toolCall: Element = (self, start, end) => {
    walkObject(self.#bytes, start, end, ChunkLook.#toolCallMember, self);
    const collector = self.#collector;
    if (collector !== undefined) self.#collectCall(collector, decode(self.#bytes, start, end));
  };

  /** Only where the upstream signs its calls: there each comes whole, in one chunk, or with its signature in a later one. */
  #collectCall(collector: ReasoningCollector, call: string): void {
    const raw = new RawJson(call);
    const id = parseJson(raw.get('id').text);
    const index = parseJson(raw.get('index').text) ?? undefined;
    const data = callData(raw);
    if (typeof id === 'string' && id !== '') {
      collector.call(id, data);
      this.#calls ??= new Map();
      this.#calls.set(index, id);
      this.#lastCall = id;
      return;
    }
    const known = index === undefined ? this.#lastCall : this.#calls?.get(index);
    if (known !== undefined && data !== undefined) collector.opaque(known, data);
  }

  static readonly #toolCallMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (isWord(bytes, keyStart, keyEnd, 'function') || isWord(bytes, keyStart, keyEnd, 'custom')) {
      walkObject(bytes, valueStart, valueEnd, ChunkLook.#functionMember, self);
    }
  };

  static readonly #functionMember: Member = (self, _keyStart, _keyEnd, valueStart, valueEnd) => {
    if (isString(self.#bytes, valueStart)) self.#text.add(self.#bytes, valueStart, valueEnd);
  };
}

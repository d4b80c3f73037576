import { GatewayError } from '../../errors/catalogue.ts';
import type { ReasoningCollector } from '../collect-reasoning.ts';
import { brokenOff } from '../finish.ts';
import { asArray, asObject, parseJson } from '../json.ts';
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
import { rawAt } from '../json-scan.ts';
import { splice } from '../json-text.ts';
import { ByteSink, concat, type StreamLane, TextTap } from '../lane.ts';
import { plainError } from '../plain-error.ts';
import { type BlockReader, parseEvent, SseFramer, trimEnd } from '../sse.ts';
import { laterReport, type Usage } from '../usage.ts';
import type { ReadError } from '../wire.ts';
import { callDataAt } from './call-marks.ts';
import { CallRepair } from './call-repair.ts';
import { decode, encode, hasLineEnd, isTruthy, onlyDataLine, says, startsWithData } from './chunk-bytes.ts';
import { applyCuts, ChunkTemplate, type Cut } from './chunk-template.ts';
import { readChatUsage } from './usage.ts';
import { tapWords } from './words.ts';

type Member = MemberVisitor<ChatExpressStream>;
type Element = ElementVisitor<ChatExpressStream>;

export interface ChatExpressOptions {
  /** Name that the client asked for: the value of `model` in every chunk. */
  model: string;
  /** Whether the client asked for usage. */
  includeUsage: boolean;
  /** How many it asked for (`n`); 1 without it. */
  choices?: number;
  /** The surface tells indexes and finish reasons of calls wrong: set them right. */
  repair?: boolean;
  /** Turns an upstream's error object into ours. */
  readError: ReadError;
  /** Takes out what the upstream wants back with its calls; its `remember` is for whoever ends the stream. */
  collector?: ReasoningCollector | undefined;
}

const DATA = 'data: ';
const DONE = encode('data: [DONE]\n\n');
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const COMMON = ['id', 'object', 'created', 'model', 'choices', 'usage', 'system_fingerprint', 'service_tier'];
/** An upstream that puts something new into every chunk is not compared any more: a template costs more than a look. */
const MAX_UNLIKE = 8;

/**
 * Chat Completions chunks on their way from an upstream of the same protocol: bytes as they came but for `model`, usage
 * that the client did not ask for, and comments. Chunks are looked into, not parsed: only a usage object is.
 */
export class ChatExpressStream implements StreamLane, BlockReader {
  state: StreamLane['state'] = 'open';
  failure: GatewayError | undefined;
  deltaSeen = false;

  readonly #options: ChatExpressOptions;
  readonly #framer = new SseFramer();
  readonly #sink = new ByteSink();
  /** The client's name for the model as a JSON string, once it has to be written. */
  #model: Uint8Array | undefined;
  readonly #text = new TextTap();
  readonly #reasoning = new TextTap();
  #usage: Usage | undefined;
  /** Choices that run, and those that have their finish reason. Nearly always one: a set would be larger than all of this. */
  #open: number[] = [];
  /** Reasoning has come as `reasoning_content`. */
  #reasoningNamed = false;
  readonly #finished: number[] = [];
  readonly #repair: CallRepair | undefined;
  /** Calls so far, where a collector takes what comes with them. */
  #calls: { id: string; index: unknown }[] | undefined;

  // The chunk being looked at.
  #bytes: Uint8Array = DONE;
  #modelStart = 0;
  #modelEnd = 0;
  #usageStart = 0;
  #usageEnd = 0;
  #usageIsNull = false;
  #hasChoices = false;
  #lastMemberEnd = 0;
  #afterUsage = 0;
  #choiceIndex = 0;
  #choiceFinishes = false;
  /** Its only delta, where that is a text; null: it has others, or says more. */
  #delta: { start: number; end: number; tap: TextTap } | null | undefined;
  /** What the chunk before looked like. */
  #template: ChunkTemplate | undefined;
  /** Chunks since the last one that looked like the one before it. */
  #unlike = 0;

  constructor(options: ChatExpressOptions) {
    this.#options = options;
    if (options.repair === true) this.#repair = new CallRepair();
  }

  push(chunk: Uint8Array, start = 0, end = chunk.length): void {
    if (this.state !== 'open') return;
    try {
      this.#framer.push(chunk, this, start, end);
    } catch (error) {
      this.#fail(new GatewayError('upstream_error', 'The upstream sent a frame that is too long.', { cause: error }));
    }
  }

  end(): void {
    if (this.state !== 'open') return;
    const rest = this.#framer.rest;
    // Some servers leave the blank line after the last frame out.
    if (rest.length > 0) {
      const event = parseEvent(rest);
      if (event !== undefined && (event.data.trim() === '[DONE]' || parseJson(event.data) !== undefined)) {
        this.#walk(concat([rest, encode('\n\n')]));
      }
      if (event === undefined) this.#noEvent(rest);
    }
    this.#close('The upstream ended its answer before it was finished.', this.#options.choices);
  }

  get hasOutput(): boolean {
    return !this.#sink.empty;
  }

  take(): Uint8Array | undefined {
    return this.#sink.take();
  }

  terminal(): Uint8Array {
    return DONE;
  }

  usage(): Usage | undefined {
    return this.#usage;
  }

  output(): { text: string; reasoning: string } {
    return { text: this.#text.text(), reasoning: this.#reasoning.text() };
  }

  /** `choices`: the least that are to have ended. An upstream that says that it has told all may give fewer than asked. */
  #close(message: string, choices = 1): void {
    if (this.state !== 'open') return;
    if (this.#finished.length >= choices && this.#open.length === 0) this.state = 'complete';
    else this.#fail(new GatewayError('upstream_error', message));
  }

  #fail(error: GatewayError): void {
    this.state = 'failed';
    this.failure = error;
  }

  onBlock(chunk: Uint8Array, start: number, end: number): void {
    if (this.state !== 'open') return;
    if (this.#template?.fill(chunk, start, end, this.#sink, this.#framer.carriages) === true) this.#unlike = 0;
    else this.#walk(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end));
  }

  #walk(block: Uint8Array): void {
    if (startsWithData(block)) {
      const start = block[5] === 0x20 ? DATA.length : DATA.length - 1;
      const end = trimEnd(block, start, block.length);
      if (!hasLineEnd(block, start, end, this.#framer.carriages)) {
        this.#data(block, start, end);
        return;
      }
    }
    const line = onlyDataLine(block);
    if (line === undefined) this.#oddBlock(block);
    else if (line === 'none') this.#sink.add(block);
    else this.#data(block, line.start, line.end);
  }

  /** A block with comments or several data lines, or an error: brought into the plain form first. */
  #oddBlock(block: Uint8Array): void {
    const event = parseEvent(block);
    if (event === undefined) {
      this.#noEvent(block);
      return;
    }
    if (event.event === 'error') {
      const told = parseJson(event.data) ?? event.data;
      this.#fail(this.#options.readError(asObject(told)?.error ?? told));
      return;
    }
    const plain = plainBlock(event.data);
    this.#data(plain, DATA.length, plain.length - 2);
  }

  #noEvent(block: Uint8Array): void {
    const told = plainError(block);
    if (told !== undefined) this.#fail(this.#options.readError(told));
  }

  #data(block: Uint8Array, dataStart: number, end: number): void {
    const start = skipSpace(block, dataStart, end);
    if (!isObject(block, start)) {
      this.#noObject(decode(block, start, end));
      return;
    }
    const plain = this.#repair === undefined ? undefined : repaired(this.#repair, decode(block, start, end));
    if (plain === undefined) this.#chunk(block, start, end);
    else this.#chunk(plain, DATA.length, plain.length - 2);
  }

  #chunk(block: Uint8Array, start: number, end: number): void {
    this.#bytes = block;
    this.#modelStart = 0;
    this.#usageStart = 0;
    this.#usageIsNull = false;
    this.#hasChoices = false;
    this.#lastMemberEnd = 0;
    this.#afterUsage = 0;
    this.#delta = undefined;
    const past = walkObject(block, start, end, ChatExpressStream.#chunkMember, this);
    if (this.state === 'open') {
      if (skipSpace(block, past, end) === end) this.#emit(block);
      else this.#fail(noObject());
    }
    // A stream may be open for long, and the read that the block lies in is large.
    this.#bytes = DONE;
  }

  #noObject(data: string): void {
    if (data === '') return;
    if (data.trim() === '[DONE]') {
      this.#close('The upstream ended its answer without a finish reason.');
      return;
    }
    // Gemini's compatible surface puts an error into an array.
    const told = asObject(asArray(parseJson(data))[0])?.error;
    this.#fail(told ? this.#options.readError(told) : noObject());
  }

  static readonly #chunkMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (self.#usageStart !== 0 && self.#afterUsage === 0) self.#afterUsage = keyStart - 1;
    const first = bytes[keyStart];
    if (first === 0x6d && isWord(bytes, keyStart, keyEnd, 'model')) {
      self.#modelStart = valueStart;
      self.#modelEnd = valueEnd;
    } else if (first === 0x63 && isWord(bytes, keyStart, keyEnd, 'choices')) {
      self.#hasChoices = hasContent(bytes, valueStart, valueEnd);
      walkArray(bytes, valueStart, valueEnd, ChatExpressStream.#choice, self);
    } else if (first === 0x75 && isWord(bytes, keyStart, keyEnd, 'usage')) {
      self.#usageStart = self.#lastMemberEnd || keyStart - 1;
      self.#usageEnd = valueEnd;
      self.#usageIsNull = isNull(bytes, valueStart);
      if (!self.#usageIsNull) {
        self.#usage = laterReport(self.#usage, readChatUsage(parseJson(decode(bytes, valueStart, valueEnd))));
      }
    } else if (first === 0x65 && isWord(bytes, keyStart, keyEnd, 'error') && isTruthy(bytes, valueStart)) {
      self.#fail(self.#options.readError(parseJson(decode(bytes, valueStart, valueEnd))));
    }
    self.#lastMemberEnd = valueEnd;
  };

  static readonly #choice: Element = (self, start, end) => {
    self.#choiceIndex = 0;
    self.#choiceFinishes = false;
    walkObject(self.#bytes, start, end, ChatExpressStream.#choiceMember, self);
    if (self.#choiceFinishes) {
      self.#delta = null;
      if (!self.#finished.includes(self.#choiceIndex)) self.#finished.push(self.#choiceIndex);
      self.#open = self.#open.filter((index) => index !== self.#choiceIndex);
    } else if (!self.#finished.includes(self.#choiceIndex) && !self.#open.includes(self.#choiceIndex)) {
      self.#open.push(self.#choiceIndex);
    }
  };

  static readonly #choiceMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (isWord(bytes, keyStart, keyEnd, 'delta')) {
      walkObject(bytes, valueStart, valueEnd, ChatExpressStream.#deltaMember, self);
    } else if (isWord(bytes, keyStart, keyEnd, 'index')) {
      self.#choiceIndex = Number(decode(bytes, valueStart, valueEnd)) || 0;
    } else if (isWord(bytes, keyStart, keyEnd, 'finish_reason') && isString(bytes, valueStart)) {
      const failure = brokenOff(decode(bytes, valueStart + 1, valueEnd - 1));
      if (failure !== undefined) self.#fail(failure);
      else self.#choiceFinishes = valueEnd - valueStart > 2;
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
        self.#delta = null;
        return;
      }
      const tap = reasoning ? self.#reasoning : self.#text;
      tap.add(bytes, valueStart, valueEnd);
      self.#delta = self.#delta === undefined ? { start: valueStart, end: valueEnd, tap } : null;
      return;
    }
    self.#delta = null;
    if (isWord(bytes, keyStart, keyEnd, 'tool_calls')) {
      walkArray(bytes, valueStart, valueEnd, ChatExpressStream.#toolCall, self);
    } else if (isWord(bytes, keyStart, keyEnd, 'function_call')) {
      walkObject(bytes, valueStart, valueEnd, ChatExpressStream.#functionMember, self);
    } else if (!isWord(bytes, keyStart, keyEnd, 'reasoning_details')) {
      // Those say in pieces what `reasoning` says.
      tapWords(bytes, valueStart, valueEnd, self.#text);
    }
  };

  static readonly #toolCall: Element = (self, start, end) => {
    walkObject(self.#bytes, start, end, ChatExpressStream.#toolCallMember, self);
    const { collector } = self.#options;
    if (collector !== undefined) self.#collectCall(collector, decode(self.#bytes, start, end));
  };

  /** Only where the upstream signs its calls: there each comes whole, in one chunk, or with its signature in a later one. */
  #collectCall(collector: ReasoningCollector, call: string): void {
    const id = parseJson(rawAt(call, ['id']) ?? '');
    const index = parseJson(rawAt(call, ['index']) ?? '');
    const data = callDataAt(call, []);
    if (typeof id === 'string' && id !== '') {
      collector.call(id, data);
      this.#calls ??= [];
      this.#calls.push({ id, index });
      return;
    }
    const known = this.#calls?.findLast((each) => index === undefined || each.index === index);
    if (known !== undefined && data !== undefined) collector.opaque(known.id, data);
  }

  static readonly #toolCallMember: Member = (self, keyStart, keyEnd, valueStart, valueEnd) => {
    const bytes = self.#bytes;
    if (isWord(bytes, keyStart, keyEnd, 'function') || isWord(bytes, keyStart, keyEnd, 'custom')) {
      walkObject(bytes, valueStart, valueEnd, ChatExpressStream.#functionMember, self);
    }
  };

  static readonly #functionMember: Member = (self, _keyStart, _keyEnd, valueStart, valueEnd) => {
    if (isString(self.#bytes, valueStart)) self.#text.add(self.#bytes, valueStart, valueEnd);
  };

  /** Puts the chunk out with its edits, if it needs any. */
  #emit(block: Uint8Array): void {
    const hideUsage = this.#usageStart !== 0 && !this.#options.includeUsage;
    if (hideUsage && !this.#hasChoices && !this.#usageIsNull && this.#saysNoMore(block)) return;
    const cuts: Cut[] = [];
    const [start, end] = [this.#modelStart, this.#modelEnd];
    if (start !== 0 && !says(block, start, end, this.#options.model)) {
      this.#model ??= encode(JSON.stringify(this.#options.model));
      cuts.push({ start, end, by: this.#model });
    }
    if (hideUsage) cuts.push(this.#usageCut());
    cuts.sort((a, b) => a.start - b.start);
    this.#sink.add(cuts.length === 0 ? block : applyCuts(block, 0, block.length, cuts));
    // A chunk that reports usage, ends a choice or belongs to a finished one is not like the next.
    const plain = (this.#usageStart === 0 || this.#usageIsNull) && this.#finished.length === 0;
    const use = this.#delta && plain && this.#unlike++ < MAX_UNLIKE;
    this.#template = use ? new ChunkTemplate(block, this.#delta!, cuts) : undefined;
  }

  /** Whether the chunk has nothing besides its usage but what every chunk has. */
  #saysNoMore(block: Uint8Array): boolean {
    const seen = { block, more: false };
    walkObject(block, block.indexOf(OPEN_BRACE), block.length, ofEveryChunk, seen);
    return !seen.more;
  }

  /** The usage member with one comma: the one before it, or, where it comes first, the one after it. */
  #usageCut(): Cut {
    const first = this.#bytes[this.#usageStart] === QUOTE;
    const end = first && this.#afterUsage > 0 ? this.#afterUsage : this.#usageEnd;
    return { start: this.#usageStart, end, by: undefined };
  }
}

const plainBlock = (data: string): Uint8Array => encode(`${DATA}${data.replaceAll('\n', ' ')}\n\n`);

/** The chunk's block where there is something to repair in it. */
function repaired(repair: CallRepair, data: string): Uint8Array | undefined {
  const edits = repair.edits(parseJson(data));
  return edits.length === 0 ? undefined : plainBlock(splice(data, edits));
}

const ofEveryChunk: MemberVisitor<{ block: Uint8Array; more: boolean }> = (seen, keyStart, keyEnd) => {
  if (!COMMON.some((name) => isWord(seen.block, keyStart, keyEnd, name))) seen.more = true;
};

const noObject = (): GatewayError =>
  new GatewayError('upstream_error', 'The upstream sent a frame that is no JSON object.');

import { GatewayError } from '../../errors/catalogue.ts';
import type { ReasoningCollector } from '../collect-reasoning.ts';
import { asArray, asObject, parseJson } from '../json.ts';
import { isObject, skipSpace } from '../json-bytes.ts';
import { type Edit, splice } from '../json-text.ts';
import { ByteSink, concat, type StreamLane } from '../lane.ts';
import { plainError } from '../plain-error.ts';
import { type BlockReader, parseEvent, SseFramer, trimEnd } from '../sse.ts';
import type { Usage } from '../usage.ts';
import { encode } from '../utf8.ts';
import type { AnswerOutput } from '../whole-answer.ts';
import type { ReadError } from '../wire.ts';
import { AnswerRepair } from './answer-repair.ts';
import { decode, hasLineEnd, onlyDataLine, says, startsWithData } from './chunk-bytes.ts';
import { ChunkLook } from './chunk-look.ts';
import { applyCuts, ChunkTemplate, type Cut } from './chunk-template.ts';
import { chatUsage } from './usage.ts';

export interface ChatExpressOptions {
  /** Name that the client asked for: the value of `model` in every chunk. */
  model: string;
  /** Whether the client asked for usage. */
  includeUsage: boolean;
  /** How many it asked for (`n`); 1 without it. */
  choices?: number;
  /** The surface tells indexes and finish reasons of calls wrong, or role and usage again and again: set them right. */
  repair?: boolean;
  /** Turns an upstream's error object into ours. */
  readError: ReadError;
  /** Takes out what the upstream wants back with its calls; its `remember` is for whoever ends the stream. */
  collector?: ReasoningCollector | undefined;
}

const DATA = 'data: ';
const DONE = encode('data: [DONE]\n\n');
/** An upstream that puts something new into every chunk is not compared any more: a template costs more than a look. */
const MAX_UNLIKE = 8;

/**
 * Chat Completions chunks on their way from an upstream of the same protocol: bytes as they came but for `model`, usage
 * that the client did not ask for, and comments. Chunks are looked into, not parsed: only a usage object is.
 */
export class ChatExpressStream implements StreamLane, BlockReader {
  state: StreamLane['state'] = 'open';
  failure: GatewayError | undefined;

  readonly #options: ChatExpressOptions;
  readonly #framer = new SseFramer();
  readonly #sink = new ByteSink();
  /** The client's name for the model as a JSON string, once it has to be written. */
  #model: Uint8Array | undefined;
  readonly #look: ChunkLook;
  readonly #repair: AnswerRepair | undefined;
  /**
   * The chunk that reported usage last, kept for the end, where the surface may report what it used so far in every chunk:
   * clients add up what they are told.
   */
  #lastReport: string | undefined;
  /** What the chunk before looked like. */
  #template: ChunkTemplate | undefined;
  /** Chunks since the last one that looked like the one before it. */
  #unlike = 0;
  #terminal = DONE;

  constructor(options: ChatExpressOptions) {
    this.#options = options;
    this.#look = new ChunkLook(options.readError, options.collector);
    if (options.repair === true) this.#repair = new AnswerRepair();
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
        this.#walk(concat([rest.subarray(0, trimEnd(rest, 0, rest.length)), encode('\n\n')]));
      }
      if (event === undefined) this.#noEvent(rest);
    }
    this.#close('The upstream ended its answer before it was finished.', this.#options.choices);
  }

  get deltaSeen(): boolean {
    return this.#look.deltaSeen;
  }

  get hasOutput(): boolean {
    return !this.#sink.empty;
  }

  take(): Uint8Array | undefined {
    return this.#sink.take();
  }

  terminal(charged?: Usage): Uint8Array {
    if (this.#lastReport === undefined) return this.#terminal;
    const edits: Edit[] = [
      { path: ['choices'], set: '[]' },
      { path: ['model'], set: JSON.stringify(this.#options.model) },
    ];
    if (charged?.source === 'estimated') edits.push({ path: ['usage'], set: JSON.stringify(chatUsage(charged)) });
    return concat([plainBlock(splice(this.#lastReport, edits)), this.#terminal]);
  }

  usage(): Usage | undefined {
    return this.#look.usage();
  }

  output(): AnswerOutput {
    return this.#look.output();
  }

  /** `choices`: the least that are to have ended. An upstream that says that it has told all may give fewer than asked. */
  #close(message: string, choices = 1): void {
    if (this.state !== 'open') return;
    if (this.#look.finished(choices)) this.state = 'complete';
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
      this.#noObject(decode(block, dataStart, end), block);
      return;
    }
    if (this.#repair === undefined) this.#chunk(block, start, end);
    else this.#repairedChunk(this.#repair, block, start, end);
  }

  #repairedChunk(repair: AnswerRepair, block: Uint8Array, start: number, end: number): void {
    const data = decode(block, start, end);
    const plain = repaired(repair, data);
    const before = this.#look.report;
    if (plain === undefined) this.#chunk(block, start, end);
    else this.#chunk(plain, DATA.length, plain.length - 2);
    const { reports, report } = this.#look;
    if (this.#options.includeUsage && reports && report !== before) this.#lastReport = data;
  }

  #chunk(block: Uint8Array, start: number, end: number): void {
    const whole = this.#look.read(block, start, end);
    const { failure } = this.#look;
    if (failure !== undefined) this.#fail(failure);
    else if (whole) this.#emit(block);
    else this.#fail(noObject());
  }

  #noObject(data: string, block: Uint8Array): void {
    const word = data.trim();
    if (word === '') return;
    if (word === '[DONE]') {
      // With spaces around it, official clients do not know it.
      if (word === data) this.#terminal = block.slice();
      this.#close('The upstream ended its answer without a finish reason.');
      return;
    }
    // Gemini's compatible surface puts an error into an array.
    const told = asObject(asArray(parseJson(data))[0])?.error;
    this.#fail(told ? this.#options.readError(told) : noObject());
  }

  /** Puts the chunk out with its edits, if it needs any. */
  #emit(block: Uint8Array): void {
    const look = this.#look;
    const tellsUsage = look.usageStart !== 0 && !look.usageIsNull;
    const hideUsage = look.usageStart !== 0 && !this.#options.includeUsage;
    // What no report could be read from is the vendor's own, and passes.
    const keepUsage = look.reports && this.#repair !== undefined;
    // It is there for the usage alone, which is there for us: clients that did not ask take every chunk to have a choice.
    if ((hideUsage || keepUsage) && tellsUsage && !look.hasChoices) return;
    const cuts: Cut[] = [];
    const [start, end] = [look.modelStart, look.modelEnd];
    if (start !== 0 && !says(block, start, end, this.#options.model)) {
      this.#model ??= encode(JSON.stringify(this.#options.model));
      cuts.push({ start, end, by: this.#model });
    }
    if (hideUsage) cuts.push(look.usageCut(block));
    else if (keepUsage) cuts.push(look.usageNulled(block));
    cuts.sort((a, b) => a.start - b.start);
    this.#sink.add(cuts.length === 0 ? block : applyCuts(block, 0, block.length, cuts));
    // A chunk that reports usage, ends a choice or belongs to a finished one is not like the next; repairs look into each.
    const plain = !tellsUsage && !look.anyFinished && this.#repair === undefined;
    const use = look.delta && plain && this.#unlike++ < MAX_UNLIKE;
    this.#template = use ? new ChunkTemplate(block, look.delta!, cuts) : undefined;
  }
}

const plainBlock = (data: string): Uint8Array => encode(`${DATA}${data.replaceAll('\n', ' ')}\n\n`);

/** The chunk's block where there is something to repair in it. */
function repaired(repair: AnswerRepair, data: string): Uint8Array | undefined {
  const edits = repair.edits(parseJson(data));
  return edits.length === 0 ? undefined : plainBlock(splice(data, edits));
}

const noObject = (): GatewayError =>
  new GatewayError('upstream_error', 'The upstream sent a frame that is no JSON object.');

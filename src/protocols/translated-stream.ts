import { GatewayError } from '../errors/catalogue.ts';
import { CallIds } from './call-ids.ts';
import type { ReasoningCollector } from './collect-reasoning.ts';
import { DeltaTemplate } from './delta-template.ts';
import { readEvent } from './event-reader.ts';
import { parseJson } from './json.ts';
import { ByteSink, type StreamLane } from './lane.ts';
import type { StreamPart } from './neutral.ts';
import { plainError } from './plain-error.ts';
import { type BlockReader, SseFramer } from './sse.ts';
import { TextPieces } from './text-pieces.ts';
import type { TranslatedOptions } from './translated-answer.ts';
import { type Usage, withoutOutput } from './usage.ts';
import { encode } from './utf8.ts';
import type { AnswerOutput } from './whole-answer.ts';
import type { ReadError, StreamDecoder, StreamEncoder } from './wire.ts';

type Delta = Extract<StreamPart, { type: 'text-delta' | 'reasoning-delta' }>;

type CallStart = Extract<StreamPart, { type: 'tool-call-start' }>;

/** A delta of a piece, and what it looked like on both sides. */
type Look = Pick<Delta, 'type' | 'id'> & { template: DeltaTemplate };

/** An upstream that puts something new into every chunk is not compared any more: it costs, and brings nothing. */
const MAX_UNLIKE = 16;

/** A stream of one protocol on its way to a client of another: events in, neutral parts, events out. */
export class TranslatedStream implements StreamLane, BlockReader {
  state: StreamLane['state'] = 'open';
  failure: GatewayError | undefined;

  readonly #readError: ReadError;
  readonly #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #collector: ReasoningCollector | undefined;
  readonly #callIds: CallIds;
  readonly #clientNames: ReadonlyMap<string, string> | undefined;
  readonly #framer = new SseFramer();
  readonly #sink = new ByteSink();
  /** Text of the events that one read brought, encoded as one. */
  #out = '';
  #usage: Usage | undefined;
  /** Output has come after it was told last. */
  #unreported = false;
  readonly #text = new TextPieces();
  readonly #reasoning = new TextPieces();
  /** The delta before this one, where there was nothing else in between. */
  #last: Look | undefined;
  /** What two of the piece that is open looked like. */
  #steady: Look | undefined;
  /** Deltas since the last that looked like the one before it. */
  #unlike = 0;

  constructor(options: TranslatedOptions) {
    this.#readError = options.readError;
    this.#decoder = options.upstream.streamDecoder(options);
    this.#encoder = options.client.streamEncoder(options.context);
    this.#collector = options.collector;
    this.#callIds = new CallIds(options.callIds);
    this.#clientNames = options.clientNames;
  }

  push(chunk: Uint8Array, start = 0, end = chunk.length): void {
    if (this.state !== 'open') return;
    try {
      this.#framer.push(chunk, this, start, end);
    } catch (error) {
      this.#fail(new GatewayError('upstream_error', 'The upstream sent a frame that is too long.', { cause: error }));
    }
    this.#flush();
  }

  end(): void {
    if (this.state !== 'open') return;
    // Some servers leave the blank line after the last frame out.
    const last = this.#framer.rest.length > 0 ? readEvent(this.#framer.rest) : undefined;
    const whole = last !== undefined && (last.data.trim() === '[DONE]' || parseJson(last.data) !== undefined);
    if (whole) this.#out += this.#parts(this.#decoder.push(last));
    else if (last === undefined) this.#noEvent(this.#framer.rest);
    if (this.state === 'open') this.#out += this.#parts(this.#decoder.end());
    this.#flush();
  }

  get deltaSeen(): boolean {
    return this.#encoder.deltaSeen;
  }

  get hasOutput(): boolean {
    return !this.#sink.empty;
  }

  take(): Uint8Array | undefined {
    return this.#sink.take();
  }

  /** `counted`: usage for the last frames where the upstream reported none. */
  terminal(counted?: Usage): Uint8Array {
    if (counted?.source === 'estimated') this.#encoder.push({ type: 'usage', usage: counted, tellsOutput: true });
    return encode(this.#encoder.end());
  }

  usage(): Usage | undefined {
    return this.#usage !== undefined && this.#unreported ? withoutOutput(this.#usage) : this.#usage;
  }

  output(): AnswerOutput {
    return { text: this.#text.text(), reasoning: this.#reasoning.text() };
  }

  #fail(error: GatewayError): void {
    this.state = 'failed';
    this.failure = error;
  }

  #flush(): void {
    if (this.#out === '') return;
    this.#sink.addText(this.#out);
    this.#out = '';
  }

  onBlock(chunk: Uint8Array, start: number, end: number): void {
    if (this.state !== 'open') return;
    if (this.#likeTheLast(chunk, start, end)) return;
    const event = readEvent(chunk, start, end);
    if (event === undefined) {
      this.#noEvent(chunk.subarray(start, end));
      return;
    }
    const parts = this.#decoder.push(event);
    const out = this.#parts(parts);
    this.#out += out;
    this.#compare(parts, out, chunk, start, end);
  }

  #noEvent(block: Uint8Array): void {
    const told = plainError(block);
    if (told !== undefined) this.#fail(this.#readError(told));
  }

  /** Takes the block if it is one more delta like those before it; otherwise does nothing and is false. */
  #likeTheLast(chunk: Uint8Array, start: number, end: number): boolean {
    const steady = this.#steady;
    if (steady === undefined) return false;
    const { type, id, template } = steady;
    const text = template.read(chunk, start, end);
    if (text === undefined) return false;
    this.#said(type === 'text-delta' ? this.#text : this.#reasoning, text, false);
    this.#collector?.push({ type, id, text });
    this.#out += template.write(text);
    return true;
  }

  /**
   * Text and reasoning deltas change nothing in decoder and encoder as long as they belong to the piece that is open: two
   * in a row that look alike stand for all that follow. Anything else may change both.
   */
  #compare(parts: StreamPart[], out: string, chunk: Uint8Array, start: number, end: number): void {
    const delta = onlyDelta(parts);
    if (delta !== undefined && isSamePiece(delta, this.#steady)) return;
    const last = this.#last;
    this.#last = undefined;
    this.#steady = undefined;
    if (delta === undefined || this.#unlike > MAX_UNLIKE) return;
    this.#unlike++;
    const { type, id, text } = delta;
    const template = DeltaTemplate.of(chunk, start, end, text, out);
    if (template === undefined) return;
    this.#last = { type, id, template };
    if (!isSamePiece(delta, last) || !last.template.isLike(template)) return;
    this.#steady = this.#last;
    this.#unlike = 0;
  }

  #said(where: TextPieces, text: string, ends: boolean): void {
    where.add(text);
    if (!ends) this.#unreported = true;
  }

  #asClientKnows(call: CallStart): CallStart {
    const { callId, name } = call;
    return { ...call, callId: this.#callIds.unique(callId), name: this.#clientNames?.get(name) ?? name };
  }

  /** What leaves for these parts. */
  #parts(parts: StreamPart[]): string {
    let out = '';
    // With the end comes what had to wait for it, and nothing of the upstream's that is new.
    const ends = parts.at(-1)?.type === 'finish';
    for (const told of parts) {
      const part = told.type === 'tool-call-start' ? this.#asClientKnows(told) : told;
      switch (part.type) {
        case 'text-delta':
          if (part.byVendor === undefined) this.#said(this.#text, part.text, ends);
          break;
        case 'tool-call-delta':
          this.#said(this.#text, part.input, ends);
          break;
        case 'tool-call-start':
          this.#said(this.#text, part.name, ends);
          break;
        case 'reasoning-delta':
          this.#said(this.#reasoning, part.text, ends);
          break;
        case 'usage':
          if (part.tellsOutput) this.#unreported = false;
          this.#usage = part.usage;
          break;
        case 'message-start':
          this.#usage = part.usage;
          break;
        case 'error':
          this.#fail(part.error);
          return out;
      }
      this.#collector?.push(part);
      try {
        out += this.#encoder.push(part);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        this.#fail(error);
        return out;
      }
      if (part.type === 'finish') this.state = 'complete';
    }
    return out;
  }
}

function onlyDelta(parts: StreamPart[]): Delta | undefined {
  const [part] = parts;
  if (part === undefined || parts.length > 1) return undefined;
  return part.type === 'text-delta' || part.type === 'reasoning-delta' ? part : undefined;
}

const isSamePiece = (delta: Delta, look: Look | undefined): look is Look =>
  look !== undefined && look.type === delta.type && look.id === delta.id;

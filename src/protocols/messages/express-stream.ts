import { GatewayError } from '../../errors/catalogue.ts';
import { append } from '../append.ts';
import { brokenOff } from '../finish.ts';
import { asObject, asString, isObject, type JsonObject, parseJson } from '../json.ts';
import { type Edit, splice } from '../json-text.ts';
import { ByteSink, concat, type StreamLane } from '../lane.ts';
import { plainError } from '../plain-error.ts';
import { type BlockReader, parseEvent, SseFramer, trimEnd } from '../sse.ts';
import type { Usage } from '../usage.ts';
import { encode } from '../utf8.ts';
import type { AnswerOutput } from '../whole-answer.ts';
import type { ReadError } from '../wire.ts';
import { DeltaLook } from './delta-look.ts';
import { DELTA_HEAD, DELTA_TEXT, hasComment, LF, MESSAGE_STOP, passEvent, startsWithDelta } from './event-bytes.ts';
import { RepairedBlocks } from './repaired-blocks.ts';
import { RepairedReports } from './repaired-reports.ts';
import { withoutNulls } from './repairs.ts';
import { MessagesUsage } from './usage.ts';

interface MessagesExpressOptions {
  /** Name that the client asked for: the value of `model` in `message_start`. */
  model: string;
  /** The surface leaves out block stops, signatures or stop reasons: put them in, and hold the stream's invariants. */
  repair: boolean;
  /** Turns an upstream's error object into ours. */
  readError: ReadError;
  /** Input tokens, for a `message_start` that a surface to be repaired sends without. */
  inputEstimate?: () => number;
}

interface Place {
  blockStart: number;
  blockEnd: number;
  start: number;
  end: number;
}

/**
 * Messages events on their way from an upstream of the same protocol. Deltas are looked into, not parsed. Where the
 * surface is known to be incomplete (`repair`), what leaves holds the protocol's invariants all the same.
 */
export class MessagesExpressStream implements StreamLane, BlockReader {
  state: StreamLane['state'] = 'open';
  failure: GatewayError | undefined;
  deltaSeen = false;

  readonly #options: MessagesExpressOptions;
  readonly #framer = new SseFramer();
  readonly #sink = new ByteSink();
  readonly #usage = new MessagesUsage();
  readonly #look = new DeltaLook();
  #started = false;
  #stopReason: string | undefined;
  #terminal: Uint8Array = MESSAGE_STOP;

  /** Where the surface is to be repaired. */
  readonly #blocks: RepairedBlocks | undefined;
  readonly #reports: RepairedReports | undefined;

  constructor(options: MessagesExpressOptions) {
    this.#options = options;
    if (!options.repair) return;
    this.#blocks = new RepairedBlocks(this.#sink, this.#look);
    this.#reports = new RepairedReports(this.#sink, this.#blocks, this.#usage, this.#look);
  }

  push(chunk: Uint8Array, start = 0, end = chunk.length): void {
    if (this.state !== 'open') return;
    try {
      this.#framer.push(chunk, this, start, end);
    } catch (error) {
      this.#nonsense('a frame that is too long', error);
    }
  }

  end(): void {
    if (this.state !== 'open') return;
    const rest = this.#framer.rest;
    if (rest.length > 0 && parseJson(parseEvent(rest)?.data ?? '') !== undefined) {
      const whole = concat([rest.subarray(0, trimEnd(rest, 0, rest.length)), encode('\n\n')]);
      this.onBlock(whole, 0, whole.length);
      if (this.state !== 'open') return;
    }
    this.#noEvent(rest);
    if (this.state !== 'open') return;
    // The stop reason came and every block is closed: only the last frame is missing.
    if (this.#stopReason !== undefined) this.state = 'complete';
    else this.#fail(new GatewayError('upstream_error', 'The upstream ended its answer before it was finished.'));
  }

  get hasOutput(): boolean {
    return !this.#sink.empty;
  }

  take(): Uint8Array | undefined {
    return this.#sink.take();
  }

  terminal(charged?: Usage): Uint8Array {
    this.#reports?.tell(charged);
    const due = this.#sink.take();
    return due === undefined ? this.#terminal : concat([due, this.#terminal]);
  }

  usage(): Usage | undefined {
    return this.#usage.result(this.#look.written);
  }

  output(): AnswerOutput {
    return this.#look.output();
  }

  #fail(error: GatewayError): void {
    this.state = 'failed';
    this.failure = error;
  }

  #nonsense(what: string, cause?: unknown): void {
    this.#fail(new GatewayError('upstream_error', `The upstream sent ${what}.`, { cause }));
  }

  onBlock(chunk: Uint8Array, blockStart: number, blockEnd: number): void {
    if (this.state !== 'open') return;
    if (startsWithDelta(chunk, blockStart, blockEnd)) {
      const end = trimEnd(chunk, blockStart, blockEnd);
      // One data line and nothing else: no line end between the JSON's start and the block's.
      const lineEnd = chunk.indexOf(LF, blockStart + DELTA_HEAD.length);
      const start = blockStart + DELTA_HEAD.length;
      if (start < end && (lineEnd >= end || lineEnd < 0) && !this.#framer.carriages) {
        this.#delta(chunk, { blockStart, blockEnd, start, end });
        return;
      }
    }
    const block = blockStart === 0 && blockEnd === chunk.length ? chunk : chunk.subarray(blockStart, blockEnd);
    const event = parseEvent(block);
    if (event === undefined) {
      this.#noEvent(block);
      return;
    }
    const body = asObject(parseJson(event.data));
    if (body === undefined) {
      this.#nonsense('a frame that is no JSON object');
      return;
    }
    const type = asString(body.type) ?? event.event;
    // Without its event line, or with another's, a frame is invisible to the official clients.
    const exact = event.event === type && !hasComment(block);
    this.#event(type, body, event.data, exact ? block : undefined);
  }

  #noEvent(block: Uint8Array): void {
    const told = plainError(block);
    if (told !== undefined) this.#fail(this.#options.readError(told));
  }

  #event(type: string, body: JsonObject, data: string, block: Uint8Array | undefined): void {
    if (!this.#started && OF_MESSAGE.has(type)) {
      this.#nonsense(`a ${type} before message_start`);
      return;
    }
    switch (type) {
      case 'message_start':
        this.#messageStart(body, data, block);
        return;
      case 'content_block_delta': {
        const bytes = encode(`${DELTA_TEXT}${data.replaceAll('\n', ' ')}\n\n`);
        const [start, blockEnd] = [DELTA_HEAD.length, bytes.length];
        this.#delta(bytes, { blockStart: 0, blockEnd, start, end: blockEnd - 2 }, block);
        return;
      }
      case 'content_block_start':
        this.#look.readStart(body, data);
        if (this.#look.hasContent) this.deltaSeen = true;
        if (this.#blocks === undefined) passEvent(this.#sink, type, data, block);
        else if (this.#stopReason === undefined) this.#blocks.start(body, data, block);
        else this.#nonsense('a block after its stop reason');
        return;
      case 'content_block_stop':
        if (this.#blocks !== undefined) this.#blocks.stop(body, data, block);
        else passEvent(this.#sink, type, data, block);
        return;
      case 'message_delta':
        this.#messageDelta(body, data, block);
        return;
      case 'message_stop':
        this.#messageStop(block);
        return;
      case 'error':
        this.#fail(this.#options.readError(body.error ?? body));
        return;
      default:
        if (body.error !== undefined && body.error !== null) this.#fail(this.#options.readError(body.error));
        else passEvent(this.#sink, type, data, block);
    }
  }

  #messageStart(body: JsonObject, data: string, block: Uint8Array | undefined): void {
    if (this.#started) {
      this.#nonsense('a second message_start');
      return;
    }
    this.#started = true;
    const message = asObject(body.message) ?? {};
    this.#usage.update(message.usage, 'start');
    const edits: Edit[] = [];
    if (message.model !== this.#options.model) {
      edits.push({ path: ['message', 'model'], set: JSON.stringify(this.#options.model) });
    }
    if (this.#options.repair) {
      if (!isObject(message.usage)) {
        const input_tokens = this.#options.inputEstimate?.() ?? 0;
        edits.push({ path: ['message', 'usage'], set: JSON.stringify({ input_tokens, output_tokens: 0 }) });
      } else append(edits, withoutNulls(message.usage, ['message', 'usage']));
    }
    passEvent(this.#sink, 'message_start', splice(data, edits), edits.length === 0 ? block : undefined);
  }

  /**
   * A delta in `bytes`: its block, and within it the JSON. `own`: the bytes of a block in another form than that, which
   * leaves as it is where nothing in it is changed.
   */
  #delta(bytes: Uint8Array, { blockStart, blockEnd, start, end }: Place, own?: Uint8Array): void {
    const look = this.#look;
    if (!look.read(bytes, start, end)) {
      this.#nonsense('a content_block_delta that is broken or has no delta');
      return;
    }
    if (look.hasContent) this.deltaSeen = true;
    if (this.#blocks === undefined) {
      if (own === undefined) this.#sink.add(bytes, blockStart, blockEnd);
      else this.#sink.add(own);
      return;
    }
    const nonsense = this.#blocks.delta(bytes, blockStart, blockEnd, own);
    if (nonsense !== undefined) this.#nonsense(nonsense);
  }

  #messageDelta(body: JsonObject, data: string, block: Uint8Array | undefined): void {
    this.#usage.update(body.usage, 'end', this.#look.written);
    const given = asString(asObject(body.delta)?.stop_reason);
    const failure = brokenOff(given);
    if (failure !== undefined) {
      this.#fail(failure);
      return;
    }
    if (this.#reports !== undefined) {
      this.#stopReason = this.#reports.push(body, data, block);
      return;
    }
    this.#stopReason = given || this.#stopReason;
    passEvent(this.#sink, 'message_delta', data, block);
  }

  #messageStop(block: Uint8Array | undefined): void {
    // The whole message came, only its last report did not, or not with its reason.
    if (this.#blocks?.none === false) this.#stopReason ??= this.#reports?.end();
    if (this.#stopReason === undefined) {
      this.#fail(new GatewayError('upstream_error', 'The upstream ended its answer without a stop reason.'));
      return;
    }
    if (block !== undefined) this.#terminal = block.slice();
    this.state = 'complete';
  }
}

/** Events that nothing but a message has. */
const OF_MESSAGE = new Set([
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]);

import { GatewayError } from '../errors/catalogue.ts';
import { CallIds } from './call-ids.ts';
import type { ReasoningCollector } from './collect-reasoning.ts';
import { readEvent } from './event-reader.ts';
import { parseJson } from './json.ts';
import { ByteSink, type StreamLane } from './lane.ts';
import type { StreamPart } from './neutral.ts';
import { SseFramer } from './sse.ts';
import type { Usage } from './usage.ts';
import type { AnswerContext, ReadError, StreamDecoder, StreamEncoder, WireProtocol } from './wire.ts';

export interface TranslatedStreamOptions {
  client: WireProtocol;
  upstream: WireProtocol;
  context: AnswerContext;
  readError: ReadError;
  /** Takes the reasoning out as it goes by; its `remember` is for whoever ends the stream. */
  collector?: ReasoningCollector;
  /** Ids that the conversation's calls have already. */
  callIds?: readonly string[];
}

/** A stream of one protocol on its way to a client of another: events in, neutral parts, events out. */
export class TranslatedStream implements StreamLane {
  state: StreamLane['state'] = 'open';
  failure: GatewayError | undefined;
  deltaSeen = false;

  readonly #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #collector: ReasoningCollector | undefined;
  readonly #callIds: CallIds;
  readonly #framer = new SseFramer();
  readonly #sink = new ByteSink();
  /** Text of the events that one read brought, encoded as one. */
  #out = '';
  #usage: Usage | undefined;
  readonly #text: string[] = [];
  readonly #reasoning: string[] = [];

  constructor(options: TranslatedStreamOptions) {
    this.#decoder = options.upstream.streamDecoder(options.readError);
    this.#encoder = options.client.streamEncoder(options.context);
    this.#collector = options.collector;
    this.#callIds = new CallIds(options.callIds);
  }

  push(chunk: Uint8Array, start = 0, end = chunk.length): void {
    if (this.state !== 'open') return;
    try {
      this.#framer.push(chunk, this.#block, start, end);
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
    if (whole) this.#parts(this.#decoder.push(last));
    if (this.state === 'open') this.#parts(this.#decoder.end());
    this.#flush();
  }

  get hasOutput(): boolean {
    return !this.#sink.empty;
  }

  take(): Uint8Array | undefined {
    return this.#sink.take();
  }

  /** `counted`: usage for the last frames where the upstream reported none. */
  terminal(counted?: Usage): Uint8Array {
    if (counted?.source === 'estimated') this.#encoder.push({ type: 'usage', usage: counted });
    return encoder.encode(this.#encoder.end());
  }

  usage(): Usage | undefined {
    return this.#usage;
  }

  output(): { text: string; reasoning: string } {
    return { text: this.#text.join(''), reasoning: this.#reasoning.join('') };
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

  readonly #block = (chunk: Uint8Array, start: number, end: number): void => {
    if (this.state !== 'open') return;
    const event = readEvent(chunk, start, end);
    if (event !== undefined) this.#parts(this.#decoder.push(event));
  };

  #parts(parts: StreamPart[]): void {
    for (const told of parts) {
      const part = told.type === 'tool-call-start' ? { ...told, callId: this.#callIds.unique(told.callId) } : told;
      switch (part.type) {
        case 'text-delta':
          if (part.text !== '') this.deltaSeen = true;
          this.#text.push(part.text);
          break;
        case 'tool-call-delta':
          this.deltaSeen = true;
          this.#text.push(part.input);
          break;
        case 'tool-call-start':
          this.deltaSeen = true;
          this.#text.push(part.name);
          break;
        case 'reasoning-delta':
          if (part.text !== '') this.deltaSeen = true;
          this.#reasoning.push(part.text);
          break;
        case 'usage':
          this.#usage = part.usage;
          break;
        case 'message-start':
          this.#usage = part.usage;
          break;
        case 'error':
          this.#fail(part.error);
          return;
      }
      this.#collector?.push(part);
      this.#out += this.#encoder.push(part);
      if (part.type === 'finish') this.state = 'complete';
    }
  }
}

const encoder = new TextEncoder();

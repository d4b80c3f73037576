import { GatewayError } from '../errors/catalogue.ts';
import { ByteSink, type StreamLane } from '../protocols/lane.ts';
import type { StreamPart } from '../protocols/neutral.ts';
import { parseEvent, SseFramer } from '../protocols/sse.ts';
import type { Usage } from '../protocols/usage.ts';
import type { StreamDecoder, StreamEncoder } from '../protocols/wire.ts';

/** Sees every neutral part that went through, for what is remembered of an answer. */
export type PartListener = (part: StreamPart) => void;

/** A stream that changes its protocol on the way: upstream events → neutral parts → client events. */
export class TranslatedStream implements StreamLane {
  state: StreamLane['state'] = 'open';
  failure: GatewayError | undefined;
  deltaSeen = false;

  readonly #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #listener: PartListener | undefined;
  readonly #framer = new SseFramer();
  readonly #sink = new ByteSink();
  #usage: Usage | undefined;
  #text = '';
  #reasoning = '';
  /** Client events of one read, so that they leave as one piece. */
  #out = '';

  constructor(decoder: StreamDecoder, encoder: StreamEncoder, listener?: PartListener) {
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.#listener = listener;
  }

  push(chunk: Uint8Array): void {
    if (this.state !== 'open') return;
    try {
      this.#framer.push(chunk, this.#block);
    } catch (error) {
      this.#fail(new GatewayError('upstream_error', 'The upstream sent a frame that is too long.', { cause: error }));
    }
    this.#flush();
  }

  end(): void {
    if (this.state !== 'open') return;
    // Some servers leave the blank line after the last frame out.
    if (this.#framer.rest.length > 0) this.#block(this.#framer.rest);
    if (this.state === 'open') this.#take(this.#decoder.end());
    if (this.state === 'open') {
      this.#fail(new GatewayError('upstream_error', 'The upstream ended its answer before it was finished.'));
    }
    this.#flush();
  }

  take(): Uint8Array | undefined {
    return this.#sink.take();
  }

  terminal(): Uint8Array {
    return new TextEncoder().encode(this.#encoder.end());
  }

  usage(): Usage | undefined {
    return this.#usage;
  }

  output(): { text: string; reasoning: string } {
    return { text: this.#text, reasoning: this.#reasoning };
  }

  readonly #block = (block: Uint8Array): void => {
    if (this.state !== 'open') return;
    const event = parseEvent(block);
    if (event !== undefined) this.#take(this.#decoder.push(event));
  };

  #take(parts: StreamPart[]): void {
    for (const part of parts) {
      if (this.state !== 'open') return;
      this.#note(part);
      if (part.type === 'error') {
        this.#fail(part.error);
        return;
      }
      this.#out += this.#encoder.push(part);
      if (part.type === 'finish') this.state = 'complete';
    }
  }

  #note(part: StreamPart): void {
    switch (part.type) {
      case 'text-delta':
        this.#text += part.text;
        this.deltaSeen ||= part.text !== '';
        break;
      case 'reasoning-delta':
        this.#reasoning += part.text;
        this.deltaSeen ||= part.text !== '';
        break;
      case 'tool-call-start':
        this.#text += part.name;
        break;
      case 'tool-call-delta':
        this.#text += part.input;
        this.deltaSeen ||= part.input !== '';
        break;
      case 'message-start':
      case 'usage':
        this.#usage = part.usage ?? this.#usage;
        break;
    }
    this.#listener?.(part);
  }

  #flush(): void {
    this.#sink.addText(this.#out);
    this.#out = '';
  }

  #fail(error: GatewayError): void {
    this.state = 'failed';
    this.failure = error;
  }
}

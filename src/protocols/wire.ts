import type { GatewayError } from '../errors/catalogue.ts';
import type { Card, Route } from '../models/card.ts';
import type { JsonText, NeutralAnswer, NeutralRequest, StreamPart } from './neutral.ts';
import type { Protocol } from './protocol.ts';
import type { SseEvent } from './sse.ts';

/**
 * What a protocol folder offers to the translated lane. The pipeline pairs the client's wire with the upstream's:
 * decode with one, encode with the other. A folder knows the neutral form and itself, never another folder.
 */
export interface WireProtocol {
  protocol: Protocol;
  /** `text` is valid JSON, `body` its parsed form. Throws GatewayError (`invalid_param`, `unsupported_*`). */
  decodeRequest(text: JsonText, body: Record<string, unknown>, notes: Notes): NeutralRequest;
  encodeRequest(request: NeutralRequest, target: Target, notes: Notes): JsonText;
  /** Throws GatewayError when it is no answer: an error inside a 200, nothing in it, broken off. */
  decodeAnswer(text: JsonText, body: Record<string, unknown>, surface: Surface): NeutralAnswer;
  encodeAnswer(answer: NeutralAnswer, context: AnswerContext): JsonText;
  streamDecoder(surface: Surface): StreamDecoder;
  streamEncoder(context: AnswerContext): StreamEncoder;
}

/** Turns the error object that an upstream put into a 200 or a stream into ours. */
export type ReadError = (raw: unknown) => GatewayError;

/** The surface that an answer comes from. */
export interface Surface {
  /** Turns an upstream's error object into ours. */
  readError: ReadError;
  /** It is known to leave out what can be put in, such as a stop reason (`repairs` in the card). */
  repair: boolean;
}

/** Where a request is translated to. */
export interface Target {
  card: Card;
  route: Route;
  /** Model name at the upstream. */
  model: string;
}

/** What translation did to a request, for `x-bytespike-changed` and `x-bytespike-emulated`. */
export class Notes {
  /** For the client, in order: names of ours and of its own. */
  readonly changed = new Set<string>();
  readonly emulated = new Set<string>();
  /** Those of `changed` that the client thought of. */
  #clientNames: Set<string> | undefined;

  /** Lists a name that no table of ours has: it is the client's text, and may be anything. */
  addClientName(name: string): void {
    this.changed.add(name);
    this.#clientNames ??= new Set();
    this.#clientNames.add(name);
  }

  /** `changed` as a log may have it: names of ours, then `+N` for those of the client's own. */
  loggable(): string[] {
    const clientNames = this.#clientNames;
    if (clientNames === undefined) return [...this.changed];
    return [...[...this.changed].filter((name) => !clientNames.has(name)), `+${clientNames.size}`];
  }
}

/** What an answer says besides what the upstream said. */
export interface AnswerContext {
  /** Name that the client asked for. */
  model: string;
  requestId: string;
  /** Chat: send the usage chunk. */
  includeUsage: boolean;
  /** Unix seconds, the same on every chunk. */
  createdSeconds: number;
  /** Input tokens, for `message_start` until the upstream tells. */
  readonly inputEstimate: number;
  /** Chat: `system_fingerprint` where the upstream gives none (the simulator's answers say so). */
  systemFingerprint?: string;
}

/** Never throws: nonsense and early ends become one `error` part, and nothing comes after it or after `finish`. */
export interface StreamDecoder {
  /** One upstream event in, neutral parts out, in order. */
  push(event: SseEvent): StreamPart[];
  /** At the end of the upstream's bytes: what is still due. */
  end(): StreamPart[];
}

/** Writes a client's stream from neutral parts. */
export interface StreamEncoder {
  /** True once `push` gave a delta of any kind: reasoning, text, tool input. A delta that it keeps for later is none yet. */
  readonly deltaSeen: boolean;
  /**
   * SSE text that leaves at once; '' for parts that only change state. `error` parts are the road's to shape. Throws
   * GatewayError (`upstream_error`) where a part belies what has left.
   */
  push(part: StreamPart): string;
  /** Terminal frames, held by the road until the charge is committed. Called once, after `finish`. */
  end(): string;
}

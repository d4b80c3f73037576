import { runLane } from '../../../tests/support/stream-invariants.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import { ReasoningCollector } from '../collect-reasoning.ts';
import { asObject, asString, type JsonObject } from '../json.ts';
import type { Protocol } from '../protocol.ts';
import { translatedAnswer } from '../translated-answer.ts';
import { TranslatedStream } from '../translated-stream.ts';
import { encode } from '../utf8.ts';
import { type AnswerContext, Notes, type Target } from '../wire.ts';
import { wires } from '../wires.ts';

/** The context of every answer in tests: nothing in it changes from run to run. */
export const context: AnswerContext = {
  model: 'asked-for',
  requestId: 'req_1',
  includeUsage: true,
  createdSeconds: 1_787_600_000,
  inputEstimate: 77,
};

export const otherProtocol = (protocol: Protocol): Protocol =>
  protocol === 'messages' ? 'chat-completions' : 'messages';

interface TranslatedRequest {
  text: string;
  /** Parsed. */
  body: JsonObject;
  changed: string[];
  emulated: string[];
}

/** A client's request as the upstream gets it. Throws what translation throws. */
export function translateRequest(request: string | object, target: Target): TranslatedRequest {
  const text = typeof request === 'string' ? request : JSON.stringify(request);
  const notes = new Notes();
  const client = wires[otherProtocol(target.route.protocol)];
  const neutral = client.decodeRequest(text, JSON.parse(text) as JsonObject, notes);
  const upstream = wires[target.route.protocol].encodeRequest(neutral, target, notes);
  return {
    text: upstream,
    body: JSON.parse(upstream) as JsonObject,
    changed: [...notes.changed],
    emulated: [...notes.emulated],
  };
}

/** The error that a request is refused with; undefined when it is not. */
export function refusalOf(request: string | object, target: Target): GatewayError | undefined {
  try {
    translateRequest(request, target);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof GatewayError) return thrown;
    throw thrown;
  }
}

export const readError = (raw: unknown): GatewayError =>
  new GatewayError('upstream_error', `told: ${asString(asObject(raw)?.message) ?? JSON.stringify(raw)}`);

/** A whole answer of the upstream as the client gets it. */
export function translateAnswer(upstream: Protocol, text: string, more: Partial<AnswerContext> = {}, repair = false) {
  const answer = translatedAnswer(text, {
    client: wires[otherProtocol(upstream)],
    upstream: wires[upstream],
    context: { ...context, ...more },
    readError,
    repair,
  });
  return { ...answer, parsed: JSON.parse(answer.body) as JsonObject };
}

export interface TranslatedEvents {
  /** What the client got, terminal frames included. */
  text: string;
  /** What the client got from each read. */
  reads: string[];
  stream: TranslatedStream;
  collector: ReasoningCollector;
}

/** A stream of the upstream, in the pieces given, as the client gets it. */
export function translateStream(
  upstream: Protocol,
  chunks: Iterable<Uint8Array | string>,
  more: Partial<AnswerContext> = {},
  repair = false,
): TranslatedEvents {
  const collector = new ReasoningCollector();
  const stream = new TranslatedStream({
    client: wires[otherProtocol(upstream)],
    upstream: wires[upstream],
    context: { ...context, ...more },
    readError,
    repair,
    collector,
  });
  const { text, reads } = runLane(stream, bytesOf(chunks));
  return { text, reads, stream, collector };
}

function* bytesOf(chunks: Iterable<Uint8Array | string>): Generator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? encode(chunk) : chunk;
}

/** Chat Completions frames of these chunks, closed by `[DONE]` unless told otherwise. */
export const chatFrames = (chunks: (object | string)[], done = true): string =>
  [...chunks, ...(done ? ['[DONE]'] : [])]
    .map((chunk) => `data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\n\n`)
    .join('');

/** Messages frames of these events. */
export const messagesFrames = (events: MessagesEvent[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

export interface MessagesEvent {
  type: string;
  [member: string]: unknown;
}

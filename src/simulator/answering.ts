import type { Protocol } from '../protocols/protocol.ts';
import { loadTokenizer } from '../tokens/index.ts';
import type { Tokenizer } from '../tokens/tokenizer.ts';
import { type Answer, type Frame, usageOf } from './answer.ts';
import { chatBody, chatFrames } from './chat-answer.ts';
import { readChatRequest } from './chat-request.ts';
import { FAULT_HEADER, type Faults, faultResponse, readFaults } from './faults.ts';
import { faultyBody, faultyFrames } from './faulty-body.ts';
import { aborted, connectionReset, frameStream, gzipped, pause } from './frame-stream.ts';
import { Generation } from './generation.ts';
import { messagesBody, messagesFrames } from './messages-answer.ts';
import { readMessagesRequest } from './messages-request.ts';
import { resolveModel } from './model-names.ts';
import { planAnswer } from './plan.ts';
import { PrefixCache } from './prefix-cache.ts';
import { answerIds, OPENING, promptIds } from './prompt-template.ts';
import { contextLength, Refusal, texts } from './refusal.ts';
import type { SimRequest } from './sim-request.ts';
import type { SimulatorOptions } from './simulator.ts';

/** Of DeepSeek V4. Source: its tokenizer's configuration. */
const CONTEXT_WINDOW = 1_048_576;
const NO_FAULTS: Faults = { flags: new Set() };

const surfaces = {
  'chat-completions': { read: readChatRequest, frames: chatFrames, body: chatBody },
  messages: { read: readMessagesRequest, frames: messagesFrames, body: messagesBody },
} as const;

/** Answers requests on either surface: reads, refuses, counts, generates, and breaks what a fault says. */
export class Answering {
  readonly #options: SimulatorOptions;
  readonly #cache = new PrefixCache();

  constructor(options: SimulatorOptions) {
    this.#options = options;
  }

  /**
   * `encoded`: the body leaves in the coding that its header names; false for whoever, like the callers of `fetch`,
   * expects it decoded. Throws Refusal, or the signal's reason when the client has gone.
   */
  async answer(surface: Protocol, request: Request, encoded: boolean): Promise<Response> {
    const { signal } = request;
    const faults = (this.#options.faults ? readFaults(request.headers.get(FAULT_HEADER)) : undefined) ?? NO_FAULTS;
    await beforeHeaders(faults, signal);
    const refused = faultResponse(faults);
    if (refused !== undefined) return refused;

    const asked = surfaces[surface].read(await request.text());
    const model = resolveModel(asked.model, surface, this.#options.models);
    if (model === undefined) throw new Refusal(texts.modelUnknown);
    const exchange = await this.#begin({ ...asked, model }, faults, signal, encoded);
    signal.throwIfAborted();
    if (faults.flags.has('empty-200')) return respond(exchange, '');
    return asked.stream ? this.#stream(exchange) : await this.#whole(exchange);
  }

  async #begin(request: SimRequest, faults: Faults, signal: AbortSignal, encoded: boolean): Promise<Exchange> {
    const tokenizer = await loadTokenizer();
    const prompt = await promptIds(request, tokenizer);
    const window = this.#options.contextWindow ?? CONTEXT_WINDOW;
    if (prompt.length + request.maxTokens > window) throw contextLength(window, prompt.length, request.maxTokens);
    const partition = partitionOf(request);
    const cachedTokens = this.#cache.hits(partition, prompt);
    this.#cache.remember(partition, prompt);
    const answer: Answer = {
      request,
      generation: new Generation(planAnswer(request), request, tokenizer),
      id: crypto.randomUUID(),
      createdSeconds: Math.floor(Date.now() / 1000),
      promptTokens: prompt.length,
      cachedTokens,
      finishOverride: faults.finish,
    };
    return { answer, prompt, tokenizer, faults, signal, encoded };
  }

  #stream(exchange: Exchange): Response {
    const { answer, faults, signal } = exchange;
    const { surface } = answer.request;
    const remember = () => this.#rememberAnswer(exchange);
    function* frames(): Generator<Frame> {
      yield* surfaces[surface].frames(answer);
      remember();
    }
    const shown = faults === NO_FAULTS ? frames() : faultyFrames(frames(), faults, surface);
    const pace = { tokensPerSecond: this.#options.tokensPerSecond, slowMs: faults.slowMs ?? 0 };
    return respond(exchange, frameStream(shown, pace, signal));
  }

  async #whole(exchange: Exchange): Promise<Response> {
    const { answer, faults, signal } = exchange;
    const { surface } = answer.request;
    const body = surfaces[surface].body(answer);
    this.#rememberAnswer(exchange);
    const { tokensPerSecond } = this.#options;
    if (tokensPerSecond > 0) await pause((usageOf(answer).outputTokens * 1000) / tokensPerSecond, signal);
    await pause(faults.slowMs ?? 0, signal);
    signal.throwIfAborted();
    if (faults === NO_FAULTS) return respond(exchange, body);
    return respond(exchange, frameStream(faultyBody(body, faults, surface), { tokensPerSecond: 0, slowMs: 0 }, signal));
  }

  /** The answer counts as a cached prefix of the next prompt, which will have it in place of the opening at the end. */
  #rememberAnswer({ answer: { request, generation }, prompt, tokenizer }: Exchange): void {
    const { text, reasoning, calls } = generation;
    const turn = answerIds({ role: 'assistant', text, reasoning, calls }, request.tools.length > 0, tokenizer);
    this.#cache.remember(partitionOf(request), [...prompt.slice(0, -OPENING), ...turn]);
  }
}

/** An answer under way, with all that it takes to send it. */
interface Exchange {
  answer: Answer;
  /** Token ids. */
  prompt: readonly number[];
  tokenizer: Tokenizer;
  faults: Faults;
  signal: AbortSignal;
  encoded: boolean;
}

async function beforeHeaders(faults: Faults, signal: AbortSignal): Promise<void> {
  await pause(faults.waitMs ?? 0, signal);
  if (faults.flags.has('silent')) await aborted(signal);
  signal.throwIfAborted();
  if (faults.flags.has('reset-before-headers')) throw connectionReset();
}

function respond({ answer, faults, encoded }: Exchange, body: ReadableStream<Uint8Array> | string): Response {
  const headers: Record<string, string> = answer.request.stream
    ? { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
    : { 'content-type': 'application/json' };
  if (faults.retryAfter !== undefined) headers['retry-after'] = String(faults.retryAfter);
  if (!faults.flags.has('gzip')) return new Response(body, { headers });
  headers['content-encoding'] = 'gzip';
  return new Response(encoded && typeof body !== 'string' ? gzipped(body) : body, { headers });
}

/** The cache is apart for each end user, and for each model. */
const partitionOf = (request: SimRequest): string => `${request.model}\n${request.userId ?? ''}`;

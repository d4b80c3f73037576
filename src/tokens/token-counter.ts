import { GatewayError } from '../errors/catalogue.ts';
import type { TokenConstants } from '../models/card.ts';
import { startThread } from '../observability/descriptors.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { PutBack } from '../protocols/put-back.ts';
import { CountCache } from './count-cache.ts';
import { promptContent } from './prompt-content.ts';
import { Tokenizer } from './tokenizer.ts';
import { loadVocabulary, type Vocabulary } from './vocabulary.ts';
import type { CountReply, CountRequest, WorkerMessage, WorkerStart } from './worker.ts';

/** Up to this many UTF-16 units are counted on the spot: well under a millisecond. */
const INLINE_UNITS = 4096;
/** Of one request; the rest is extrapolated, `estimated`. Such a text is over every window there is. */
const MAX_UNITS = 16 * 1024 * 1024;
/** Of all requests that wait or run, in UTF-16 units. */
const MAX_QUEUED_UNITS = 64 * 1024 * 1024;
const MAX_QUEUED = 256;
/** A worker holds 20–40 MB of its own; it ends when nobody has asked for so long. The vocabulary stays, shared. */
const IDLE_MS = 30_000;

interface TokenCount {
  tokens: number;
  /** True when a part was not counted with the model's own vocabulary and template. */
  estimated: boolean;
}

interface PromptCount extends TokenCount {
  /** What it may come to with all that could not be counted, such as encrypted reasoning. */
  most: number;
  /** True when there is no such bound: something's tokens do not follow from its bytes. `most` is without it. */
  unbounded: boolean;
}

/** Counts tokens with DeepSeek's vocabulary, exactly, without ever holding up the event loop for more than a few ms. */
export interface TokenCounter {
  /** Rejects with GatewayError `concurrency_limit` when too much text waits to be counted already. */
  countText(text: string): Promise<number>;
  countTexts(texts: readonly string[]): Promise<number>;
  /**
   * Everything that a request puts before the model: `body` is the parsed request in the protocol's own shape, `putBack`
   * what goes up beside it; `wrapsInput`: where arguments are no JSON object, they go up as one.
   */
  countPrompt(
    protocol: Protocol,
    body: Record<string, unknown>,
    constants: TokenConstants,
    putBack?: PutBack,
    wrapsInput?: boolean,
  ): Promise<PromptCount>;
  /** Loads the vocabulary off the event loop; afterwards short texts are counted without a worker. Counting does it too. */
  ready(): Promise<void>;
  /** Bytes that the vocabulary holds, 0 before it is loaded. */
  readonly vocabularyBytes: number;
  /** Ends the worker; calls that wait are rejected. */
  close(): void;
}

export function createTokenCounter(): TokenCounter {
  return new WorkerTokenCounter();
}

/** For the calling thread. The first call of the process blocks for about 0.2 s unless some counter is `ready()`. */
export function sharedTokenizer(): Tokenizer {
  if (shared === undefined) adopt(loadVocabulary());
  return shared!;
}

/** As `sharedTokenizer`, loaded off the event loop where it was not there yet. */
export async function loadTokenizer(): Promise<Tokenizer> {
  loading ??= shared === undefined ? loadInWorker() : undefined;
  await loading;
  return sharedTokenizer();
}

let loading: Promise<void> | undefined;

async function loadInWorker(): Promise<void> {
  const counter = createTokenCounter();
  try {
    await counter.ready();
  } finally {
    counter.close();
    loading = undefined;
  }
}

/** One of each for the process, loaded when first needed, whether here or by a counter's worker. */
let vocabulary: Vocabulary | undefined;
let shared: Tokenizer | undefined;

function adopt(loaded: Vocabulary): void {
  vocabulary ??= loaded;
  shared ??= new Tokenizer(vocabulary);
}

/** When there is no time to count: 0.3 token a character, 0.6 for Han and kana. Source: DeepSeek docs 2026-09. */
export function estimateTokens(text: string): number {
  const dense = text.match(/[぀-ヿ㐀-鿿가-힯]/g)?.length ?? 0;
  return Math.ceil(dense * 0.6 + (text.length - dense) * 0.3);
}

interface Pending {
  units: number;
  /** Tokens of each text. */
  resolve(tokens: number[]): void;
  reject(error: Error): void;
}

class WorkerTokenCounter implements TokenCounter {
  #worker: Worker | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #known = new CountCache();
  #nextId = 0;
  #queuedUnits = 0;

  countText(text: string): Promise<number> {
    return this.countTexts([text]);
  }

  async countTexts(texts: readonly string[]): Promise<number> {
    return (await this.#count(texts)).tokens;
  }

  async countPrompt(
    protocol: Protocol,
    body: Record<string, unknown>,
    constants: TokenConstants,
    putBack?: PutBack,
    wrapsInput?: boolean,
  ): Promise<PromptCount> {
    const content = promptContent(protocol, body, putBack, wrapsInput);
    const counted = await this.#count(content.texts);
    const scaled = constants.tokenizer === 'estimate' ? Math.ceil(counted.tokens * constants.factor) : counted.tokens;
    const template =
      constants.per_request +
      content.messages * constants.per_message +
      content.tools * constants.per_tool +
      (content.tools > 0 ? constants.tools_once : 0) +
      content.media * constants.per_image;
    const tokens = scaled + template;
    const { framed, vendorTools, cites, unread } = content;
    return {
      tokens,
      estimated: counted.estimated || content.media > 0 || content.opaque || constants.tokenizer === 'estimate',
      // A call or a result takes about as many words around it as a definition; citations take as many as tools at all.
      most: tokens + unread + framed * constants.per_tool + (vendorTools + (cites ? 1 : 0)) * constants.tools_once,
      unbounded: content.unbounded,
    };
  }

  async ready(): Promise<void> {
    if (shared === undefined) await this.#ask([]);
  }

  get vocabularyBytes(): number {
    return (vocabulary?.merges.byteLength ?? 0) + (vocabulary?.tokenBytes.byteLength ?? 0);
  }

  close(): void {
    this.#stop(new Error('token counter closed'));
  }

  async #count(texts: readonly string[]): Promise<TokenCount> {
    const units = texts.reduce((sum, text) => sum + text.length, 0);
    if (units > MAX_UNITS) {
      const counted = await this.#ask(truncate(texts, MAX_UNITS));
      return { tokens: Math.ceil((sumOf(counted) * units) / MAX_UNITS), estimated: true };
    }
    let tokens = 0;
    let unknownUnits = 0;
    const unknown: string[] = [];
    for (const text of texts) {
      const known = this.#known.get(text);
      if (known !== undefined) {
        tokens += known;
      } else {
        unknown.push(text);
        unknownUnits += text.length;
      }
    }
    if (unknown.length === 0) return { tokens, estimated: false };
    const tokenizer = unknownUnits <= INLINE_UNITS ? shared : undefined;
    const counted = tokenizer === undefined ? await this.#ask(unknown) : unknown.map((text) => tokenizer.count(text));
    for (const [index, text] of unknown.entries()) this.#known.set(text, counted[index]!);
    return { tokens: tokens + sumOf(counted), estimated: false };
  }

  /** Tokens of each text, counted in the worker. */
  async #ask(texts: readonly string[]): Promise<number[]> {
    const units = texts.reduce((sum, text) => sum + text.length, 0);
    if (this.#pending.size >= MAX_QUEUED || (this.#queuedUnits > 0 && this.#queuedUnits + units > MAX_QUEUED_UNITS)) {
      throw new GatewayError('concurrency_limit', 'Too many token counts are under way here. Try again in a second.', {
        retryAfterSeconds: 1,
      });
    }
    const worker = this.#started();
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<number[]>();
    this.#pending.set(id, { units, resolve, reject });
    this.#queuedUnits += units;
    worker.ref();
    worker.postMessage({ id, texts } satisfies CountRequest);
    return promise;
  }

  #started(): Worker {
    clearTimeout(this.#idle);
    if (this.#worker !== undefined) return this.#worker;
    const worker = startThread(new URL('./worker.ts', import.meta.url), { smol: true });
    worker.onmessage = (event: MessageEvent<WorkerMessage>) => this.#receive(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker === worker) this.#stop(new Error('token counting failed'));
    };
    worker.postMessage({ vocabulary } satisfies WorkerStart);
    this.#worker = worker;
    return worker;
  }

  #receive(message: WorkerMessage): void {
    if ('vocabulary' in message) {
      adopt(message.vocabulary);
      return;
    }
    this.#settle(message);
    if (this.#pending.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => this.#stop(new Error('token counter idle')), IDLE_MS);
    this.#idle.unref();
  }

  #settle(reply: CountReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    this.#queuedUnits -= pending.units;
    if (reply.error === undefined) pending.resolve(reply.tokens);
    else pending.reject(new Error(reply.error));
  }

  #stop(reason: Error): void {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const pending of this.#pending.values()) pending.reject(reason);
    this.#pending.clear();
    this.#queuedUnits = 0;
  }
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

function truncate(texts: readonly string[], units: number): string[] {
  const kept: string[] = [];
  let left = units;
  for (const text of texts) {
    if (left <= 0) break;
    kept.push(text.slice(0, left));
    left -= text.length;
  }
  return kept;
}

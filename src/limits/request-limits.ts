import { GatewayError } from '../errors/catalogue.ts';
import { RollingWindow } from './rolling-window.ts';

/**
 * A minute, in parts of a second. A part counts until it has wholly left, so with 59 s to roll an event counts for 59 to
 * 60 s, and nobody is told to wait longer than a minute.
 */
const MINUTE_MS = 59_000;
const MINUTE_PARTS = 59;

export interface RequestLimitValues {
  /** 0: unlimited. */
  rpm: number;
  tpm: number;
  concurrency: number;
}

/** A prompt whose tokens are booked by an upper bound, and can be counted. */
export interface BoundedPrompt {
  /** Tokens that are booked for it. */
  readonly booked: number;
  /** Books the count in place of the bound, unless what was used has taken its place. */
  count(): Promise<void>;
}

/**
 * Requests and tokens a minute and requests in flight of one key. In memory only: a restart forgets a minute. Minutes are of
 * a clock that only goes forward, whatever is done to the machine's time.
 */
export class RequestLimits {
  /** Milliseconds. */
  readonly now: () => number;
  readonly #requests = new RollingWindow(MINUTE_MS, MINUTE_PARTS);
  readonly #tokens = new RollingWindow(MINUTE_MS, MINUTE_PARTS);
  /** What of the tokens is booked above the truth; kept while the key has a TPM limit. */
  readonly bounded = new Set<BoundedPrompt>();
  #inFlight = 0;
  #counting: Promise<void> | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** Counts a request and takes a slot, or throws `rate_limit_exceeded` or `concurrency_limit` and takes neither. */
  enter({ rpm, concurrency }: RequestLimitValues): void {
    const nowMs = rpm > 0 ? this.now() : 0;
    if (rpm > 0) {
      const freeAt = this.#requests.fitsAt(1n, BigInt(rpm), nowMs);
      if (freeAt !== nowMs) {
        throw tooMany(`This key may make ${rpm} requests a minute, and has made them.`, freeAt, nowMs);
      }
    }
    if (concurrency > 0 && this.#inFlight >= concurrency) {
      throw new GatewayError(
        'concurrency_limit',
        `This key may have ${concurrency} requests in flight, and has them. Send this one again when one of them has ended.`,
        { retryAfterSeconds: 1 },
      );
    }
    if (rpm > 0) this.#requests.add(1n, nowMs, nowMs);
    this.#inFlight++;
  }

  leave(): void {
    this.#inFlight--;
  }

  /** What counts against each limit now. Requests are counted while the key has an RPM limit, tokens always. */
  used(): RequestLimitValues {
    const nowMs = this.now();
    return {
      rpm: Number(this.#requests.total(nowMs)),
      tpm: Number(this.#tokens.total(nowMs)),
      concurrency: this.#inFlight,
    };
  }

  tokensFit(tokens: number, { tpm }: RequestLimitValues): boolean {
    return tpm === 0 || this.#tokens.total(this.now()) + BigInt(tokens) <= BigInt(tpm);
  }

  /** Throws `rate_limit_exceeded` that says when so many tokens fit, or that they never will. */
  refuseTokens(tokens: number, { tpm }: RequestLimitValues): never {
    const nowMs = this.now();
    const freeAt = this.#tokens.fitsAt(BigInt(tokens), BigInt(tpm), nowMs);
    const why =
      freeAt === undefined
        ? `This key may use ${tpm} tokens a minute; the prompt alone has ${tokens}. Send a shorter one, or have the key's tpm raised.`
        : `This key may use ${tpm} tokens a minute; ${this.#tokens.total(nowMs)} are used, and the prompt has ${tokens}.`;
    throw tooMany(why, freeAt, nowMs);
  }

  /** Counts tokens at an instant of `now`; a negative count corrects an estimate. */
  addTokens(tokens: number, atMs: number): void {
    this.#tokens.add(BigInt(tokens), atMs, this.now());
  }

  /**
   * Counts one prompt that is booked by a bound; undefined when none is. The largest, which gives back most: counting reads
   * the whole text on the event loop, so as few as possible are counted, and one at a time for all who wait.
   */
  countBounded(): Promise<void> | undefined {
    if (this.#counting === undefined && this.bounded.size > 0) {
      const largest = [...this.bounded].reduce((most, one) => (one.booked > most.booked ? one : most));
      this.#counting = largest.count().finally(() => {
        this.#counting = undefined;
      });
    }
    return this.#counting;
  }

  /** True when forgetting it would change nothing. */
  idle(): boolean {
    const nowMs = this.now();
    return this.#inFlight === 0 && this.#requests.total(nowMs) === 0n && this.#tokens.total(nowMs) === 0n;
  }
}

function tooMany(why: string, freeAt: number | undefined, nowMs: number): GatewayError {
  const seconds = freeAt === undefined ? 60 : Math.max(1, Math.ceil((freeAt - nowMs) / 1000));
  return new GatewayError('rate_limit_exceeded', `${why} Try again in ${seconds} s.`, { retryAfterSeconds: seconds });
}

/** As the platform's: a function, or an object where one would be made for nothing else. */
type AbortListener = (() => void) | { handleEvent(): void };

/** What ends an exchange early; the platform's `AbortSignal` is one. */
export interface Abortable {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: AbortListener): void;
  removeEventListener(type: 'abort', listener: AbortListener): void;
}

/**
 * `AbortController` and its signal in one plain object. Every request has one and hardly any is used, while the platform's
 * cost several native objects each. Listeners are called at once, in their order, and must not throw.
 */
export class Aborter implements Abortable {
  readonly #listeners: AbortListener[] = [];
  #aborted = false;
  #reason: unknown;

  get signal(): Aborter {
    return this;
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  /** The first call counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    // One that is removed by an earlier one is not called any more.
    for (let next = this.#listeners.shift(); next !== undefined; next = this.#listeners.shift()) {
      if (typeof next === 'function') next();
      else next.handleEvent();
    }
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  addEventListener(_type: 'abort', listener: AbortListener): void {
    if (!this.#aborted) this.#listeners.push(listener);
  }

  removeEventListener(_type: 'abort', listener: AbortListener): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }
}

/** For those that take nothing but the platform's own. */
export function platformSignal(signal: Abortable): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort);
  return controller.signal;
}

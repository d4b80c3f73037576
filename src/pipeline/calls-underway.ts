import type { Releasable } from './call.ts';

/** Counts the calls whose exits have not run yet: they need money, counter and memory, also after their clients have left. */
export class CallsUnderway implements Releasable {
  #calls = 0;
  #ended: PromiseWithResolvers<void> | undefined;

  /** What the call releases last. */
  enter(): Releasable {
    this.#calls++;
    return this;
  }

  release(): void {
    this.#calls--;
    if (this.#calls === 0) this.#ended?.resolve();
  }

  /** Resolves once no call is underway. For when no new ones come. */
  ended(): Promise<void> {
    this.#ended ??= Promise.withResolvers();
    if (this.#calls === 0) this.#ended.resolve();
    return this.#ended.promise;
  }
}

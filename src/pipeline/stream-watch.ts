/** Something with clocks: an exchange that may fall silent on either side. */
export interface Watched {
  tick(nowMs: number): void;
}

/**
 * One timer for all open exchanges, in place of several per frame: it looks at each in turn and lets it judge its own
 * clocks. Its step bounds how late a time limit acts.
 */
export class StreamWatch {
  readonly #watched = new Set<Watched>();
  readonly #stepMs: number;
  #timer: Timer | undefined;

  /** `limits`: the time limits in force, in ms; the step is a fraction of the shortest. */
  constructor(limits: number[]) {
    this.#stepMs = Math.max(5, Math.min(1000, ...limits.map((limit) => limit / 5)));
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
    this.#timer ??= setInterval(this.#look, this.#stepMs).unref();
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
  }

  /** Exchanges that are open now. */
  get size(): number {
    return this.#watched.size;
  }

  readonly #look = (): void => {
    // Only here, where nothing has been open for a while: one call after the other would start and stop it each time.
    if (this.#watched.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = performance.now();
    for (const watched of this.#watched) watched.tick(now);
  };
}

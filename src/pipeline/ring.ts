/** The newest so many entries. */
export class Ring<Entry> {
  readonly #entries: Entry[] = [];
  readonly #kept: number;
  #next = 0;

  constructor(kept: number) {
    this.#kept = kept;
  }

  add(entry: Entry): void {
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#kept;
  }

  newestFirst(): Entry[] {
    return [...this.#entries.slice(this.#next), ...this.#entries.slice(0, this.#next)].reverse();
  }
}

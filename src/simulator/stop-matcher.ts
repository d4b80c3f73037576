/** Finds stop sequences in text that comes in pieces: holds back whatever may still turn out to be the start of one. */
export class StopMatcher {
  /** Text not shown yet. */
  held = '';
  /** The sequence that was found; nothing is shown from it on. */
  matched: string | undefined;
  readonly #stops: readonly string[];

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** The text that may be shown now. */
  push(piece: string): string {
    if (this.#stops.length === 0) return piece;
    const text = this.held + piece;
    let first = -1;
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      if (at < 0 || (first >= 0 && at >= first)) continue;
      first = at;
      this.matched = stop;
    }
    const keep = this.matched === undefined ? this.#mayBegin(text) : text.length - first;
    this.held = this.matched === undefined ? text.slice(text.length - keep) : '';
    return text.slice(0, text.length - keep);
  }

  /** Length of the longest end of `text` that begins a stop sequence. */
  #mayBegin(text: string): number {
    const longest = Math.max(...this.#stops.map((stop) => stop.length)) - 1;
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const end = text.slice(-length);
      if (this.#stops.some((stop) => stop.startsWith(end))) return length;
    }
    return 0;
  }
}

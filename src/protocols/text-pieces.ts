/** Pieces that are joined now and then: a string object for each delta would take several times what it says. */
const JOINED = 16;

/** Collects the text of a stream. */
export class TextPieces {
  #joined = '';
  #pieces: string[] = [];

  add(text: string): void {
    if (this.#pieces.push(text) < JOINED) return;
    this.#joined += this.#pieces.join('');
    this.#pieces = [];
  }

  text(): string {
    return this.#joined + this.#pieces.join('');
  }
}

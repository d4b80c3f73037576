import { BytePairMerger } from './byte-pair-merger.ts';
import { MergeTable } from './merge-table.ts';
import { PieceCache } from './piece-cache.ts';
import { preTokenize } from './pre-tokenizer.ts';
import { byteOfRank, FIRST_BYTE_ID, type Vocabulary } from './vocabulary.ts';

/** UTF-16 units. A longer piece, text without any break, is cut there for the sake of memory; costs a token or two a cut. */
const MAX_PIECE = 64 * 1024;
/** Pieces up to this length are tried without a substring first. */
const SHORT_PIECE = 64;

/**
 * DeepSeek's tokenizer: text to the same ids as the reference implementation gives on the same vocabulary.
 * Synchronous, 5–15 MB/s, linear in the text but for a logarithm. Not re-entrant.
 */
export class Tokenizer {
  readonly #vocabulary: Vocabulary;
  readonly #merger: BytePairMerger;
  readonly #cache = new PieceCache();
  readonly #added: Map<string, number>;
  readonly #addedPattern: RegExp;
  readonly #utf8 = new TextEncoder();
  #bytes = new Uint8Array(1024);
  #ids = new Int32Array(1024);

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#merger = new BytePairMerger(new MergeTable(vocabulary.merges));
    this.#added = new Map(vocabulary.added.map(({ content, id }) => [content, id]));
    const contents = [...this.#added.keys()].sort((a, b) => b.length - a.length);
    this.#addedPattern = new RegExp(contents.map(RegExp.escape).join('|'), 'g');
  }

  count(text: string): number {
    let tokens = 0;
    this.#cut(text, {
      added: () => tokens++,
      piece: (length) => {
        const hash = this.#cache.hash(this.#bytes, length);
        let count = this.#cache.get(this.#bytes, length, hash);
        if (count === 0) {
          count = this.#merge(length);
          this.#cache.set(this.#bytes, length, hash, count);
        }
        tokens += count;
      },
    });
    return tokens;
  }

  encode(text: string): number[] {
    const ids: number[] = [];
    this.#cut(text, {
      added: (id) => ids.push(id),
      piece: (length) => {
        const count = this.#merge(length);
        for (let i = 0; i < count; i++) ids.push(this.#ids[i]!);
      },
    });
    return ids;
  }

  /**
   * The text token by token. Tokens that end inside a character come joined with those that complete it, as
   * `tokens` > 1: what a stream of text can show.
   */
  split(text: string): { text: string; tokens: number }[] {
    const parts: { text: string; tokens: number }[] = [];
    this.#cut(text, {
      added: (_id, content) => parts.push({ text: content, tokens: 1 }),
      piece: (length) => {
        const count = this.#merge(length);
        let start = 0;
        let end = 0;
        let tokens = 0;
        for (let i = 0; i < count; i++) {
          end += this.#vocabulary.tokenBytes[this.#ids[i]!]!;
          tokens++;
          if (end < length && isContinuation(this.#bytes[end]!)) continue;
          parts.push({ text: decoder.decode(this.#bytes.subarray(start, end)), tokens });
          start = end;
          tokens = 0;
        }
      },
    });
    return parts;
  }

  /** Bytes in `#bytes[0..length)` to ids in `#ids[0..result)`. */
  #merge(length: number): number {
    if (this.#ids.length < length) this.#ids = new Int32Array(length);
    for (let i = 0; i < length; i++) this.#ids[i] = byteIds[this.#bytes[i]!]!;
    return length === 1 ? 1 : this.#merger.merge(this.#ids, length);
  }

  #cut(text: string, on: { added(id: number, content: string): void; piece(length: number): void }): void {
    let position = 0;
    const cutPieces = (end: number) => {
      preTokenize(text, (from, to) => this.#toBytes(text, from, to, on.piece), position, end);
    };
    for (const match of this.#addedTokensIn(text)) {
      cutPieces(match.index);
      on.added(this.#added.get(match[0])!, match[0]);
      position = match.index + match[0].length;
    }
    cutPieces(text.length);
  }

  /** All added tokens begin with `<`: most text is spared the search. */
  #addedTokensIn(text: string): Iterable<RegExpExecArray> {
    return text.includes('<｜') || text.includes('<|') ? text.matchAll(this.#addedPattern) : [];
  }

  #toBytes(text: string, from: number, to: number, onPiece: (length: number) => void): void {
    if (to - from <= SHORT_PIECE && this.#toAscii(text, from, to)) {
      onPiece(to - from);
      return;
    }
    for (let start = from; start < to; ) {
      const piece = text.slice(start, wholeCharacters(text, Math.min(to, start + MAX_PIECE)));
      if (this.#bytes.length < piece.length * 3) this.#bytes = new Uint8Array(piece.length * 3);
      const { read, written } = this.#utf8.encodeInto(piece, this.#bytes);
      onPiece(written);
      start += read;
    }
  }

  /** Most pieces are short and ASCII: copied without a substring. False at the first other character. */
  #toAscii(text: string, from: number, to: number): boolean {
    for (let i = from; i < to; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return false;
      this.#bytes[i - from] = unit;
    }
    return true;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** `end`, or one less where it would part a surrogate pair. */
function wholeCharacters(text: string, end: number): number {
  const parts = end < text.length && (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return parts && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800 ? end - 1 : end;
}

const byteIds = new Int32Array(256);
for (const [rank, byte] of byteOfRank.entries()) byteIds[byte] = FIRST_BYTE_ID + rank;

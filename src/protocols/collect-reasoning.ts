import type { JsonText, NeutralAnswer, StreamPart } from './neutral.ts';
import {
  callLookup,
  madeLookup,
  type PlacedCall,
  type ReasoningMemory,
  type RememberedBlock,
  type RememberedTurn,
  textLookup,
  wholeLookup,
} from './reasoning-memory.ts';
import { TextPieces } from './text-pieces.ts';

/** Takes the reasoning out of an answer as it goes by, and keeps it for the client's next request. */
export class ReasoningCollector {
  readonly #blocks: RememberedBlock[] = [];
  #open: { id: string; text: TextPieces; block: RememberedBlock } | undefined;
  readonly #calls: PlacedCall[] = [];
  readonly #pieces = new Map<string, string>();
  /** By ids that an upstream chose: any name may be one. */
  readonly #opaque: Record<string, string> = Object.create(null);
  readonly #text = new TextPieces();
  #textLength = 0;
  #given = '';

  push(part: StreamPart): void {
    switch (part.type) {
      case 'text-delta':
        this.#addText(part.text);
        break;
      case 'reasoning-start':
        this.#close();
        this.#begin(part.id, part.redacted);
        break;
      case 'reasoning-delta':
        if (this.#open?.id === part.id) this.#open.text.add(part.text);
        break;
      case 'reasoning-signature':
        if (this.#open?.id === part.id) this.#open.block.signature = part.signature;
        break;
      case 'reasoning-end':
        this.#close();
        break;
      case 'tool-call-start':
        this.call(part.callId, undefined);
        this.#pieces.set(part.id, part.callId);
        break;
      case 'tool-call-opaque':
        this.opaque(this.#pieces.get(part.id) ?? '', part.opaque);
        break;
    }
  }

  /** A whole answer. */
  add(answer: NeutralAnswer): void {
    for (const part of answer.parts) {
      if (part.type === 'text' || part.type === 'refusal') this.#addText(part.text);
      else if (part.type === 'reasoning') {
        this.#begin('', part.redacted);
        this.#open!.text.add(part.text);
        this.#open!.block.signature = part.signature ?? '';
        this.#close();
      } else if (part.type === 'tool-call') {
        this.call(part.id, part.opaque);
      }
    }
  }

  /** A call, with the upstream's own data about it where it came with some. */
  call(callId: string, opaque: JsonText | undefined): void {
    this.#calls.push({ id: callId, afterText: this.#textLength });
    if (opaque !== undefined) this.opaque(callId, opaque);
  }

  /** The upstream's own data about a call that came before. */
  opaque(callId: string, opaque: JsonText): void {
    this.#opaque[callId] = opaque;
  }

  /** The whole reasoning of an answer that its client can give back as it is: what is kept of it is only who made it. */
  given(reasoning: string): void {
    this.#given = reasoning;
  }

  /** Keeps the turn, once it is over. Nothing is kept of an answer without reasoning. */
  remember(memory: ReasoningMemory, keyId: string, vendor: string): void {
    this.#close();
    const blocks = this.#blocks.filter(
      (block) => block.text !== '' || block.signature !== '' || block.redacted !== undefined,
    );
    const text = this.#given || blocks.map((block) => block.text).join('');
    if (text === '' && blocks.length === 0 && Object.keys(this.#opaque).length === 0) return;
    const turn: RememberedTurn = { vendor, blocks, calls: this.#opaque };
    const lookups = this.#calls.map(({ id }) => callLookup(id));
    if (text !== '') {
      const name = textLookup(text);
      lookups.push(name, madeLookup(name, vendor));
    }
    if (lookups.length > 0 && blocks.length > 0) lookups.push(wholeLookup(blocks, this.#text.text(), this.#calls));
    if (lookups.length > 0) memory.remember(keyId, lookups, turn);
  }

  #addText(text: string): void {
    this.#text.add(text);
    this.#textLength += text.length;
  }

  #begin(id: string, redacted: string | undefined): void {
    const place = { afterText: this.#textLength, afterCalls: this.#calls.length };
    const block: RememberedBlock = { text: '', signature: '', ...place };
    this.#open = { id, text: new TextPieces(), block: redacted === undefined ? block : { ...block, redacted } };
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { text, block } = this.#open;
    block.text = text.text();
    this.#blocks.push(block);
    this.#open = undefined;
  }
}

import { asObject, type JsonObject } from '../json.ts';
import { type Edit, splice } from '../json-text.ts';
import type { ByteSink } from '../lane.ts';
import { ToolInputStream } from '../tool-input.ts';
import { encode } from '../utf8.ts';
import type { BlockKind, DeltaLook } from './delta-look.ts';
import { blockStopFrame, frame, inputFrame, passEvent } from './event-bytes.ts';

interface OpenBlock {
  /** In the upstream's numbering. */
  index: number;
  kind: BlockKind;
  /** Of a tool: what has left of its input. */
  input: ToolInputStream | undefined;
}

/**
 * The content blocks of a surface that is known to be incomplete. What leaves holds the protocol's invariants: one block open
 * at a time, contiguous indexes, a stop for each start, a signature on thinking, a JSON object for each tool.
 */
export class RepairedBlocks {
  readonly #sink: ByteSink;
  readonly #look: DeltaLook;
  #open: OpenBlock | undefined;
  #nextIndex = 0;
  /** A text block's start that waits for its first delta that is not empty: a block that stays empty never leaves. */
  #heldStart: Uint8Array | undefined;
  #toolUsed = false;

  constructor(sink: ByteSink, look: DeltaLook) {
    this.#sink = sink;
    this.#look = look;
  }

  /** The client has a tool to run. */
  get toolUsed(): boolean {
    return this.#toolUsed;
  }

  /** No block has left, nor is one about to. */
  get none(): boolean {
    return this.#nextIndex === 0 && (this.#open === undefined || this.#heldStart !== undefined);
  }

  /** `block`: the event's bytes, where they may leave as they are. */
  start(body: JsonObject, data: string, block: Uint8Array | undefined): void {
    this.closeOpen();
    const content = asObject(body.content_block) ?? {};
    const kind = blockKind(content.type);
    const edits: Edit[] = [];
    if (body.index !== this.#nextIndex) edits.push({ path: ['index'], set: String(this.#nextIndex) });
    if (kind === 'thinking' && typeof content.signature !== 'string') {
      edits.push({ path: ['content_block', 'signature'], set: '""' });
    }
    const index = typeof body.index === 'number' ? body.index : this.#nextIndex;
    if (kind === 'tool_use') this.#toolUsed = true;
    this.#open = { index, kind, input: kind === 'tool_use' ? new ToolInputStream() : undefined };
    if (kind === 'text' && !content.text) {
      const asItCame = edits.length === 0 ? block?.slice() : undefined;
      this.#heldStart = asItCame ?? encode(frame('content_block_start', splice(data, edits)));
      return;
    }
    passEvent(this.#sink, 'content_block_start', splice(data, edits), edits.length === 0 ? block : undefined);
  }

  /**
   * The delta that was looked at last, its event from `start` to `end`. `own`: what leaves in its place where nothing in it
   * is changed. Returns what is wrong with it.
   */
  delta(bytes: Uint8Array, start: number, end: number, own?: Uint8Array): string | undefined {
    const look = this.#look;
    const open = this.#open;
    const index = look.index();
    if (open === undefined || open.index !== index) return 'a delta for a block that is not open';
    const alien = look.misfit(open.kind);
    if (alien !== undefined) return `a ${alien} in a ${open.kind} block`;
    if (this.#heldStart !== undefined) {
      if (look.isEmptyText()) return undefined;
      this.#sink.add(this.#heldStart);
      this.#heldStart = undefined;
    }
    if (open.input !== undefined) {
      const fragment = look.inputFragment();
      let passed: string;
      try {
        passed = open.input.push(fragment);
      } catch {
        return 'tool input that goes on after its end';
      }
      if (passed !== fragment) {
        if (passed !== '') this.#sink.addText(inputFrame(this.#nextIndex, passed));
        return undefined;
      }
    }
    if (this.#nextIndex === index) {
      if (own === undefined) this.#sink.add(bytes, start, end);
      else this.#sink.add(own);
    } else {
      this.#sink.add(bytes, start, look.indexStart);
      this.#sink.addText(String(this.#nextIndex));
      this.#sink.add(bytes, look.indexEnd, end);
    }
    return undefined;
  }

  /** `block`: as for `start`. */
  stop(body: JsonObject, data: string, block: Uint8Array | undefined): void {
    if (this.#open === undefined || this.#open.index !== body.index) return;
    const ours = this.#end();
    if (ours === undefined) return;
    if (ours === body.index) passEvent(this.#sink, 'content_block_stop', data, block);
    else this.#sink.addText(blockStopFrame(ours));
  }

  /** Stops the block that the upstream left open. */
  closeOpen(): void {
    if (this.#open === undefined) return;
    const ours = this.#end();
    if (ours !== undefined) this.#sink.addText(blockStopFrame(ours));
  }

  /** Ends the block. Returns the index of the stop that is due; undefined where the block never left. */
  #end(): number | undefined {
    // What makes the input that was sent a JSON object: the official clients break on any other.
    const due = this.#open?.input?.end() ?? '';
    if (due !== '') this.#sink.addText(inputFrame(this.#nextIndex, due));
    this.#open = undefined;
    if (this.#heldStart === undefined) return this.#nextIndex++;
    this.#heldStart = undefined;
    return undefined;
  }
}

function blockKind(type: unknown): BlockKind {
  return type === 'text' || type === 'thinking' || type === 'tool_use' ? type : 'other';
}

import type { StreamPart } from '../neutral.ts';
import { ToolInputStream } from '../tool-input.ts';
import type { Usage } from '../usage.ts';
import type { AnswerContext, StreamEncoder } from '../wire.ts';
import { estimatedUsage, messageId } from './encode-answer.ts';
import { writeStopReason } from './stop-reasons.ts';
import { messagesUsage } from './usage.ts';

/** A piece of the answer that has begun; it becomes a block with its first character. */
interface Piece {
  id: string;
  kind: 'text' | 'thinking' | 'tool_use' | 'redacted_thinking';
  /** `content_block` of its start. */
  block: string;
  input: ToolInputStream | undefined;
  /** A delta of it left. */
  sent: boolean;
  /** Frames' insides that wait while another call is open. */
  held: string[];
  state: 'new' | 'held' | 'open' | 'ended' | 'closed';
}

const DELTA_FIELD = {
  text: '"text_delta","text":',
  thinking: '"thinking_delta","thinking":',
  tool_use: '"input_json_delta","partial_json":',
  redacted_thinking: '',
};
const PING = 'event: ping\ndata: {"type":"ping"}\n\n';

/**
 * Neutral parts as Messages events: one block open at a time, numbered 0, 1, 2 …, none empty. Text and reasoning give way
 * when the next piece begins. A call gives way only when its input is whole: until then deltas of other pieces wait, for a
 * block once closed cannot go on. Every delta of the open block leaves at once.
 */
export class MessagesStreamEncoder implements StreamEncoder {
  /** A block's start is no delta: whoever left after it has been told nothing of the answer. */
  deltaSeen = false;
  readonly #context: AnswerContext;
  readonly #pieces = new Map<string, Piece>();
  /** Pieces that wait for the open call, in the order in which they began. */
  #waiting: Piece[] = [];
  #open: Piece | undefined;
  #index = -1;
  /** Frame of the open block's deltas, up to the text. */
  #deltaHead = '';
  #usage: Usage | undefined;
  #stopReason = 'end_turn';
  #stopSequence: string | null = null;

  constructor(context: AnswerContext) {
    this.#context = context;
  }

  push(part: StreamPart): string {
    switch (part.type) {
      case 'text-delta':
        return this.#delta(part.id, part.text);
      case 'reasoning-delta':
        return this.#delta(part.id, part.text);
      case 'tool-call-delta':
        return this.#delta(part.id, part.input);
      case 'text-start':
        return this.#begin(part.id, 'text', '{"type":"text","text":""}');
      case 'reasoning-start':
        if (part.redacted === undefined) {
          return this.#begin(part.id, 'thinking', '{"type":"thinking","thinking":"","signature":""}');
        }
        return this.#begin(
          part.id,
          'redacted_thinking',
          `{"type":"redacted_thinking","data":${JSON.stringify(part.redacted)}}`,
        );
      case 'tool-call-start': {
        const call = `"id":${JSON.stringify(part.callId)},"name":${JSON.stringify(part.name)}`;
        return this.#begin(part.id, 'tool_use', `{"type":"tool_use",${call},"input":{}}`);
      }
      case 'reasoning-signature':
        return part.signature === '' ? '' : this.#signature(part.id, part.signature);
      case 'text-end':
      case 'reasoning-end':
      case 'tool-call-end':
        return this.#end(part.id);
      case 'message-start':
        return this.#start(part);
      case 'ping':
        return PING;
      case 'usage':
        this.#usage = part.usage;
        return '';
      case 'finish':
        this.#stopReason = writeStopReason(part.reason);
        this.#stopSequence = part.reason === 'stop_sequence' ? (part.stopSequence ?? null) : null;
        return this.#closeAll();
      default:
        return '';
    }
  }

  end(): string {
    const delta = { stop_reason: this.#stopReason, stop_sequence: this.#stopSequence };
    const usage = messagesUsage(this.#usage ?? estimatedUsage(this.#context));
    return (
      frame('message_delta', `"delta":${JSON.stringify(delta)},"usage":${JSON.stringify(usage)}`) +
      'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    );
  }

  #start(part: Extract<StreamPart, { type: 'message-start' }>): string {
    this.#usage = part.usage;
    const message = {
      id: messageId(part.id, this.#context),
      type: 'message',
      role: 'assistant',
      model: this.#context.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: messagesUsage(part.usage ?? estimatedUsage(this.#context)),
    };
    return frame('message_start', `"message":${JSON.stringify(message)}`);
  }

  #begin(id: string, kind: Piece['kind'], block: string): string {
    const input = kind === 'tool_use' ? new ToolInputStream() : undefined;
    const piece: Piece = { id, kind, block, input, sent: false, held: [], state: 'new' };
    this.#pieces.set(id, piece);
    // Calls and encrypted reasoning are something without a delta; text and reasoning are not.
    return kind === 'tool_use' || kind === 'redacted_thinking' ? this.#come(piece) : '';
  }

  #delta(id: string, text: string): string {
    const piece = this.#pieces.get(id);
    if (piece === undefined) return '';
    const passed = piece.input === undefined ? text : piece.input.push(text);
    if (passed === '' || piece.state === 'closed') return '';
    const before = piece.state === 'new' ? this.#come(piece) : '';
    const inside = `${DELTA_FIELD[piece.kind]}${JSON.stringify(passed)}`;
    piece.sent = true;
    if (piece.state === 'held') {
      piece.held.push(inside);
      return before;
    }
    this.deltaSeen = true;
    const frames = `${before}${this.#deltaHead}${inside}}}\n\n`;
    return this.#waiting.length > 0 && piece.input?.complete ? frames + this.#next() : frames;
  }

  #signature(id: string, signature: string): string {
    const piece = this.#pieces.get(id);
    if (piece === undefined || piece.state === 'closed') return '';
    const before = piece.state === 'new' ? this.#come(piece) : '';
    const inside = `"signature_delta","signature":${JSON.stringify(signature)}`;
    if (piece.state !== 'held') return `${before}${this.#deltaHead}${inside}}}\n\n`;
    piece.held.push(inside);
    return before;
  }

  #end(id: string): string {
    const piece = this.#pieces.get(id);
    if (piece === undefined) return '';
    // A text or reasoning that never said anything was never a block.
    if (piece.state === 'new' || piece.state === 'closed') {
      this.#pieces.delete(id);
      return '';
    }
    if (piece.state === 'held') {
      piece.state = 'ended';
      return '';
    }
    this.#pieces.delete(id);
    return this.#next();
  }

  /** A piece wants to be a block: now, or when the open call is through. */
  #come(piece: Piece): string {
    const open = this.#open;
    if (open !== undefined && open.kind === 'tool_use' && !open.input!.complete) {
      piece.state = 'held';
      this.#waiting.push(piece);
      return '';
    }
    return this.#close() + this.#openBlock(piece);
  }

  /** Closes the open block and lets those that wait follow, up to one that is still going on. */
  #next(): string {
    let frames = this.#close();
    for (let piece = this.#waiting.shift(); piece !== undefined; piece = this.#waiting.shift()) {
      const ended = piece.state === 'ended';
      frames += this.#openBlock(piece);
      for (const inside of piece.held) frames += `${this.#deltaHead}${inside}}}\n\n`;
      piece.held = [];
      this.deltaSeen ||= piece.sent;
      if (!ended && !(this.#waiting.length > 0 && canGiveWay(piece))) return frames;
      frames += this.#close();
    }
    return frames;
  }

  #openBlock(piece: Piece): string {
    piece.state = 'open';
    this.#open = piece;
    this.#index++;
    this.#deltaHead = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${this.#index},"delta":{"type":`;
    return frame('content_block_start', `"index":${this.#index},"content_block":${piece.block}`);
  }

  #close(): string {
    const piece = this.#open;
    if (piece === undefined) return '';
    this.#open = undefined;
    piece.state = 'closed';
    if (piece.kind === 'text' || piece.kind === 'thinking') {
      // Its text may go on after another piece: then in a block of its own.
      piece.state = 'new';
    }
    const rest = piece.input?.end() ?? '';
    this.deltaSeen ||= rest !== '';
    // A call without arguments has one delta of nothing, as Anthropic sends it.
    const due = rest !== '' || (piece.kind === 'tool_use' && !piece.sent);
    const last = due ? `${this.#deltaHead}${DELTA_FIELD.tool_use}${JSON.stringify(rest)}}}\n\n` : '';
    return `${last}${frame('content_block_stop', `"index":${this.#index}`)}`;
  }

  #closeAll(): string {
    let frames = '';
    while (this.#open !== undefined || this.#waiting.length > 0) {
      for (const piece of this.#waiting) piece.state = 'ended';
      frames += this.#next();
    }
    return frames;
  }
}

const canGiveWay = (piece: Piece): boolean => piece.kind !== 'tool_use' || piece.input!.complete;

const frame = (type: string, members: string): string => `event: ${type}\ndata: {"type":"${type}",${members}}\n\n`;

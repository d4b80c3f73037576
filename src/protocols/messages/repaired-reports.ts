import { append } from '../append.ts';
import { asObject, asString, type JsonObject } from '../json.ts';
import { type Edit, splice } from '../json-text.ts';
import type { ByteSink } from '../lane.ts';
import { totalOutput, type Usage } from '../usage.ts';
import type { DeltaLook } from './delta-look.ts';
import { passEvent } from './event-bytes.ts';
import type { RepairedBlocks } from './repaired-blocks.ts';
import { usageEdit, withoutNulls } from './repairs.ts';
import { trueStopReason } from './stop-reasons.ts';
import { type MessagesUsage, messagesUsage } from './usage.ts';

/**
 * The reports (`message_delta`) of a surface that is known to be incomplete. One with a stop reason ends the message; one
 * without may be on the way, after the end, or the end itself. What leaves has all blocks closed in front of it, a stop reason
 * that fits them, and usage.
 */
export class RepairedReports {
  readonly #sink: ByteSink;
  readonly #blocks: RepairedBlocks;
  readonly #usage: MessagesUsage;
  readonly #look: DeltaLook;
  #stopReason: string | undefined;
  /** What came with the stop reason. */
  #stopSequence: string | undefined;
  /** The last report that had no stop reason. Whether it was the end is known once the message stops. */
  #held: { body: JsonObject; data: string } | undefined;
  /** The last report, where the upstream told no usage, or none of all output: it waits for what is charged. */
  #untold: { data: string; edits: Edit[]; usage: JsonObject | undefined } | undefined;

  /** `usage` has read what is pushed here. */
  constructor(sink: ByteSink, blocks: RepairedBlocks, usage: MessagesUsage, look: DeltaLook) {
    this.#sink = sink;
    this.#blocks = blocks;
    this.#usage = usage;
    this.#look = look;
  }

  /** `block`: the event's bytes, where they may leave as they are. Returns the stop reason, once there is one. */
  push(body: JsonObject, data: string, block: Uint8Array | undefined): string | undefined {
    if (stopReasonOf(body) || this.#stopReason !== undefined) this.#pass(body, data, block);
    else this.#held = { body, data };
    return this.#stopReason;
  }

  /** The message stopped without a stop reason. Returns the one that is due. */
  end(): string | undefined {
    const { body, data } = this.#held ?? { body: {}, data: '{"type":"message_delta"}' };
    this.#pass(body, data, undefined);
    return this.#stopReason;
  }

  /** Of two reasons the later one stands; a report without one says the reason again: clients take its null for their own. */
  #pass(body: JsonObject, data: string, block: Uint8Array | undefined): void {
    this.#blocks.closeOpen();
    const delta = asObject(body.delta);
    const given = stopReasonOf(body);
    if (given || this.#stopReason === undefined) {
      this.#stopReason = trueStopReason(given, this.#blocks.toolUsed);
      this.#stopSequence = this.#stopReason === 'stop_sequence' ? asString(delta?.stop_sequence) : undefined;
    }
    const reason = JSON.stringify(this.#stopReason);
    const sequence = JSON.stringify(this.#stopSequence ?? null);
    const edits: Edit[] = [];
    if (delta === undefined) {
      edits.push({ path: ['delta'], set: `{"stop_reason":${reason},"stop_sequence":${sequence}}` });
    } else if (this.#stopReason !== given) {
      edits.push({ path: ['delta', 'stop_reason'], set: reason });
      if (!given) edits.push({ path: ['delta', 'stop_sequence'], set: sequence });
    }
    // One that waits was not the last.
    this.tell(undefined);
    const known = this.#usage.result(this.#look.written);
    const usage = asObject(body.usage);
    if (known === undefined || known.missing?.output) {
      this.#untold = { data, edits, usage };
      return;
    }
    if (typeof usage?.output_tokens === 'number') append(edits, withoutNulls(usage, ['usage']));
    // Clients take it to be there.
    else edits.push(usageEdit(usage, { output_tokens: totalOutput(known) }));
    passEvent(this.#sink, 'message_delta', splice(data, edits), edits.length === 0 ? block : undefined);
  }

  /** Sends the report that waits, with the usage that is charged, once that is known. */
  tell(charged: Usage | undefined): void {
    if (this.#untold === undefined) return;
    const { data, edits, usage } = this.#untold;
    this.#untold = undefined;
    const counts = charged === undefined ? { output_tokens: 0 } : messagesUsage(charged);
    passEvent(this.#sink, 'message_delta', splice(data, [...edits, usageEdit(usage, counts)]), undefined);
  }
}

const stopReasonOf = (body: JsonObject): string | undefined => asString(asObject(body.delta)?.stop_reason);

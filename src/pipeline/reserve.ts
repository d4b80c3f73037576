import type { LeaveSignal, Reservation, ReserveInput } from '../billing/money.ts';
import type { Key } from '../keys/key.ts';
import type { Card } from '../models/card.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../protocols/json.ts';
import type { Call } from './call.ts';
import { countInput } from './settle.ts';

/** Holds the worst case of the call against every limit; waits only where that must. Lowers the output limit where the key lets it. */
export function reserve(call: Call): void | Promise<void> {
  const reservation = call.house.money.reserve(new CallToReserve(call));
  return reservation instanceof Promise ? keepLate(call, reservation) : keep(call, reservation);
}

/** What a call asks of money. The hold keeps it until the charge. */
class CallToReserve implements ReserveInput {
  readonly key: Key;
  readonly card: Card;
  readonly requestId: string;
  readonly startMs: number;
  readonly inputBound: number;
  readonly maxOutput: number;
  readonly choices: number;
  readonly signal: LeaveSignal;
  readonly #call: Call;
  /** How often the prompt may be read. */
  readonly #readings: number;

  constructor(call: Call) {
    this.#call = call;
    this.key = call.key!;
    this.card = call.card;
    this.requestId = call.id;
    this.startMs = call.startMs;
    const { body, protocol } = call;
    const again = mayReadAgain(call);
    const compactions = again && wantsCompaction(body) ? 1 : 0;
    this.#readings = 1 + compactions + (again && offersToolSearch(body) ? 1 : 0);
    this.inputBound = (call.inputCount?.most ?? call.inputBound) * this.#readings;
    this.maxOutput = call.maxOutput;
    // A summary is written like an answer.
    this.choices = protocol === 'chat-completions' && typeof body.n === 'number' ? body.n : 1 + compactions;
    this.signal = call.abort.signal;
  }

  get inputCount(): number | undefined {
    return this.#call.inputCount?.tokens;
  }

  async countInput(): Promise<number> {
    return (await countInput(this.#call)).most * this.#readings;
  }

  cacheWrite(): '5m' | '1h' | undefined {
    return dearestCacheWrite(this.#call.body);
  }
}

async function keepLate(call: Call, reservation: Promise<Reservation>): Promise<void> {
  keep(call, await reservation);
}

function keep(call: Call, reservation: Reservation): void {
  call.reservation = reservation;
  call.exits.add(reservation);
  if (!reservation.shrunk) return;
  call.maxOutput = reservation.maxOutput;
  call.maxOutputAsAsked = false;
  call.notes.changed.add('max_tokens');
}

/** Whether the request goes to the protocol's own vendor, which may read a prompt more than once for one answer. */
const mayReadAgain = ({ protocol, lane, choice: { route } }: Call): boolean =>
  protocol === 'messages' && lane === 'express' && route.betas.includes('*');

/** Whether a prompt that has grown long is to be read once more, for a summary that takes its place (`compact_20260112`). */
function wantsCompaction({ context_management }: JsonObject): boolean {
  const edits = asArray(asObject(context_management)?.edits);
  return edits.some((edit) => asString(asObject(edit)?.type)?.startsWith('compact') === true);
}

/**
 * Whether the upstream may search the tools for the model, which then reads all of the prompt again: the report adds the
 * readings up. More than one search is rare, and charged like whatever passes a hold.
 */
function offersToolSearch({ tools }: JsonObject): boolean {
  return asArray(tools).some((tool) => asString(asObject(tool)?.type)?.startsWith('tool_search_tool_') === true);
}

/**
 * The dearest cache write that the body asks for: `cache_control`, with or without a long life, wherever a mark may stand
 * that goes up. What blocks hold is looked into however deep, a list or one alone; what a tool is given is the client's.
 */
export function dearestCacheWrite(body: JsonObject): '5m' | '1h' | undefined {
  let found: '5m' | '1h' | undefined;
  const look = (holder: JsonObject): void => {
    const control = asObject(holder.cache_control);
    if (control !== undefined) found = control.ttl === '1h' || found === '1h' ? '1h' : '5m';
  };
  const lookInto = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) lookInto(one);
    if (!isObject(value)) return;
    look(value);
    lookInto(value.content);
    lookInto(asObject(value.source)?.content);
  };
  look(body);
  lookInto(body.system);
  lookInto(body.messages);
  for (const tool of asArray(body.tools)) {
    if (!isObject(tool)) continue;
    look(tool);
    // Clients of Chat Completions put it on either.
    if (isObject(tool.function)) look(tool.function);
  }
  return found;
}

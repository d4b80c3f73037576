import type { LeaveSignal, Reservation, ReserveInput } from '../billing/money.ts';
import type { Key } from '../keys/key.ts';
import type { Card } from '../models/card.ts';
import { asArray, asObject, isObject, type JsonObject } from '../protocols/json.ts';
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

  constructor(call: Call) {
    this.#call = call;
    this.key = call.key!;
    this.card = call.card;
    this.requestId = call.id;
    this.startMs = call.startMs;
    this.inputBound = call.inputCount ?? call.inputBound;
    this.maxOutput = call.maxOutput;
    this.choices = call.protocol === 'chat-completions' && typeof call.body.n === 'number' ? call.body.n : 1;
    this.signal = call.abort.signal;
  }

  countInput(): Promise<number> {
    return countInput(this.#call);
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

/** The dearest cache write that the body asks for: `cache_control`, anywhere in it, with or without a long life. */
export function dearestCacheWrite(body: JsonObject): '5m' | '1h' | undefined {
  let found: '5m' | '1h' | undefined;
  const look = (value: unknown): void => {
    const control = asObject(asObject(value)?.cache_control);
    if (control !== undefined) found = control.ttl === '1h' || found === '1h' ? '1h' : '5m';
  };
  const lookAll = (values: unknown): void => {
    for (const value of asArray(values)) {
      look(value);
      if (isObject(value)) lookAll(value.content);
    }
  };
  look(body);
  lookAll(body.system);
  lookAll(body.tools);
  lookAll(body.messages);
  return found;
}

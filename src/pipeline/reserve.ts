import type { Reservation } from '../billing/money.ts';
import { asArray, asObject, isObject, type JsonObject } from '../protocols/json.ts';
import type { Call } from './call.ts';
import { countInput } from './settle.ts';

/** Holds the worst case of the call against every limit; waits only where that must. Lowers the output limit where the key lets it. */
export function reserve(call: Call): void | Promise<void> {
  const reservation = call.house.money.reserve({
    key: call.key!,
    card: call.card,
    requestId: call.id,
    startMs: call.startMs,
    inputBound: call.inputCount ?? call.inputBound,
    countInput: () => countInput(call),
    maxOutput: call.maxOutput,
    choices: call.protocol === 'chat-completions' && typeof call.body.n === 'number' ? call.body.n : 1,
    cacheWrite: () => dearestCacheWrite(call.body),
    signal: call.abort.signal,
  });
  if (!(reservation instanceof Promise)) return keep(call, reservation);
  return reservation.then((late) => keep(call, late));
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

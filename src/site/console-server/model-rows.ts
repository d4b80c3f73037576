import { priceRowAt } from '../../billing/rates.ts';
import type { Card } from '../../models/card.ts';
import type { CallCount, RecentRequest } from '../../observability/recent-requests.ts';
import type { ConsoleOptions } from './console-options.ts';

/** A model as the console lists it. Prices are decimal USD per 1M tokens. */
interface ModelRow {
  id: string;
  name: string;
  vendor: string;
  window: number;
  max_output: number;
  capabilities: string[];
  price: { input: string; output: string; cache_read: string; from: string };
  state: 'served' | 'simulated' | 'not served';
  upstreams: string[];
  /** Protocols that some route of the card speaks; the other one is translated. */
  native: string[];
  /** Calls since the start, and how many of them failed. */
  recent: { calls: number; errors: number };
  /** The newest error of each kind, newest first, and how many there were of it. */
  last_errors: { request_id: string; at: number; status: number; code: string; message: string; count: number }[];
}

const ERRORS_SHOWN = 3;

export function modelRows(
  cards: readonly Card[],
  options: Pick<ConsoleOptions, 'served' | 'simulated' | 'upstreamsOf'>,
  seen: { calls: readonly CallCount[]; unbilled: readonly RecentRequest[] },
  nowMs: number,
): ModelRow[] {
  return cards.map((card) => {
    const counts = seen.calls.filter(({ model }) => model === card.id);
    const errors = errorCounts(counts);
    return {
      ...facts(card, nowMs),
      state: !options.served.includes(card) ? 'not served' : options.simulated ? 'simulated' : 'served',
      upstreams: options.upstreamsOf(card),
      recent: { calls: sum(counts.map(({ calls }) => calls)), errors: sum([...errors.values()]) },
      last_errors: newestOfEachKind(
        seen.unbilled.filter(({ model }) => model === card.id),
        errors,
      ).slice(0, ERRORS_SHOWN),
    };
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function errorCounts(counts: readonly CallCount[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [code, times] of counts.flatMap(({ errors }) => Object.entries(errors))) {
    all.set(code, (all.get(code) ?? 0) + times);
  }
  return all;
}

/** `unbilled` is newest first. */
function newestOfEachKind(
  unbilled: readonly RecentRequest[],
  errors: ReadonlyMap<string, number>,
): ModelRow['last_errors'] {
  const kinds = new Map<string, ModelRow['last_errors'][number]>();
  for (const { requestId, at, status, errorCode: code, errorMessage } of unbilled) {
    if (code === undefined || kinds.has(code)) continue;
    const message = errorMessage ?? '';
    kinds.set(code, { request_id: requestId, at, status, code, message, count: errors.get(code) ?? 1 });
  }
  return [...kinds.values()];
}

function facts(card: Card, nowMs: number) {
  const { input, output, cache_read, from } = priceRowAt(card, nowMs);
  return {
    id: card.id,
    name: card.name,
    vendor: card.vendor,
    window: card.window,
    max_output: card.max_output,
    capabilities: [...card.capabilities],
    price: { input, output, cache_read, from },
    native: [...new Set(card.routes.map(({ protocol }) => protocol))],
  };
}

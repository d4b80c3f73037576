import { priceRowAt } from '../../billing/rates.ts';
import type { Card } from '../../models/card.ts';
import type { RecentRequest } from '../../observability/recent-requests.ts';
import type { ConsoleOptions } from './console-options.ts';

/** A model as the console lists it. Prices are decimal USD per 1M tokens. */
export interface ModelRow {
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
  /** Calls and errors among the recent requests. */
  recent: { calls: number; errors: number };
  /** The newest error of each kind, newest first, and how many there were of it. */
  last_errors: { request_id: string; at: number; status: number; code: string; message: string; count: number }[];
}

const ERRORS_SHOWN = 3;

export function modelRows(
  options: Pick<ConsoleOptions, 'catalog' | 'served' | 'simulated' | 'upstreamsOf'>,
  recent: readonly RecentRequest[],
  nowMs: number,
): ModelRow[] {
  return options.catalog.cards.map((card) => {
    const own = recent.filter(({ model }) => model === card.id);
    const failed = own.filter(({ errorCode }) => errorCode !== undefined);
    return {
      ...facts(card, nowMs),
      state: !options.served.includes(card) ? 'not served' : options.simulated ? 'simulated' : 'served',
      upstreams: options.upstreamsOf(card),
      recent: { calls: own.length, errors: failed.length },
      last_errors: newestOfEachKind(failed).slice(0, ERRORS_SHOWN),
    };
  });
}

/** `failed` is newest first. */
function newestOfEachKind(failed: readonly RecentRequest[]): ModelRow['last_errors'] {
  const kinds = Map.groupBy(failed, ({ status, errorCode }) => `${status} ${errorCode}`);
  return [...kinds.values()].flatMap((requests) =>
    requests.slice(0, 1).map((newest) => ({
      request_id: newest.requestId,
      at: newest.at,
      status: newest.status,
      code: newest.errorCode ?? '',
      message: newest.errorMessage ?? '',
      count: requests.length,
    })),
  );
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

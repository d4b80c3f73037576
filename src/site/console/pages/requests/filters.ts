import type { Outcome } from './request-item.ts';

/** What the list of requests is narrowed to, as it stands in the page's address. What is empty narrows nothing. */
export type Filters = {
  key: string;
  model: string;
  outcome: Outcome | '';
  period: '' | '1h' | '24h' | '7d' | '30d';
};

export const NO_FILTERS: Filters = { key: '', model: '', outcome: '', period: '' };

export const OUTCOMES: { value: Filters['outcome']; label: string }[] = [
  { value: '', label: 'All' },
  { value: 'answered', label: 'Answered' },
  { value: 'left', label: 'Client left' },
  { value: 'failed', label: 'Failed' },
];

export const SPANS: { value: Filters['period']; label: string }[] = [
  { value: '', label: 'Any time' },
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
];

const HOURS: Record<Filters['period'], number> = { '': 0, '1h': 1, '24h': 24, '7d': 168, '30d': 720 };

/** Values that no control offers count as none. */
export function readFilters(params: URLSearchParams): Filters {
  const one = <Value extends string>(name: string, options: readonly { value: Value }[]): Value | '' =>
    options.find(({ value }) => value === params.get(name))?.value ?? '';
  return {
    key: params.get('key') ?? '',
    model: params.get('model') ?? '',
    outcome: one('outcome', OUTCOMES),
    period: one('period', SPANS),
  };
}

/** The page's address without what narrows nothing. */
export function filterEntries(filters: Filters): [string, string][] {
  return Object.entries(filters).filter(([, value]) => value !== '');
}

/** Unix ms at which the period begins; 0 for ever. */
export function sinceOf(period: Filters['period'], nowMs: number): number {
  return period === '' ? 0 : nowMs - HOURS[period] * 3_600_000;
}

/** Address of the list, narrowed. */
export function requestsPath(filters: Partial<Filters>): string {
  const query = new URLSearchParams(filterEntries({ ...NO_FILTERS, ...filters })).toString();
  return query === '' ? '/requests' : `/requests?${query}`;
}

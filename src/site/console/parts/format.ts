/** Figures as people read them. What is exact stays in the decimal string that the gateway gave. */

/** What was spent is rounded up and what is left down: no figure promises money that is not there. */
type Rounding = 'up' | 'down' | 'nearest';

/**
 * `0.00041` → `$0.000410`, `0.215` → `$0.2150`, `0.5` → `$0.50`, `1234.5` → `$1,234.50`. Amounts of a size have as many
 * places, so that they stand well below each other: 2, 4 or 6. Whole cents have two; less than six places is said so.
 */
export function shortUsd(decimal: string, rounding: Rounding = 'up'): string {
  if (Number(decimal) === 0) return '$0.00';
  const cents = !/\.\d{3}/.test(decimal);
  const places = (size: number): number => (size >= 1 || cents ? 2 : size >= 0.01 ? 4 : 6);
  const size = Math.abs(Number(decimal));
  // What is rounded up may be of another size then.
  const rounded = Number(digits(decimal, places(size), rounding).replaceAll(',', ''));
  return dollars(decimal, places(rounded), rounding);
}

/** What is left, to six places, whatever its size: for balances that small amounts change. */
export function fineUsd(decimal: string): string {
  return dollars(decimal, 6, 'down');
}

function dollars(decimal: string, places: number, rounding: Rounding): string {
  const value = Number(decimal);
  const sign = value < 0 ? '−' : '';
  // More than nothing is never shown as nothing.
  if (value !== 0 && Math.abs(value) < 0.000001) return `${sign}<$0.000001`;
  return `${sign}$${digits(decimal, places, rounding)}`;
}

/** Without its sign; exact, as no float would be. */
function digits(decimal: string, places: number, rounding: Rounding): string {
  const negative = decimal.startsWith('-');
  const away = rounding === 'up' || (rounding === 'down' && negative);
  return new Intl.NumberFormat('en-US', {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
    roundingMode: rounding === 'nearest' ? 'halfExpand' : away ? 'expand' : 'trunc',
  }).format((negative ? decimal.slice(1) : decimal) as `${number}`);
}

/** `1234567` → `1.23M`. Units change where rounding reaches them. */
export function shortCount(count: number): string {
  const size = Math.abs(count);
  if (size < 10_000) return count.toLocaleString('en-US');
  const [unit, name] = size < 999_500 ? [1_000, 'K'] : size < 999_500_000 ? [1_000_000, 'M'] : [1_000_000_000, 'B'];
  return `${(count / unit).toLocaleString('en-US', { maximumSignificantDigits: 3 })}${name}`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `0.02` → `<0.1 ms`, `12.3` → `12 ms`, `1234` → `1.23 s`, `83000` → `1 min 23 s`. Units change where rounding reaches them. */
export function duration(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 0.05) return '<0.1 ms';
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_995) return `${(ms / 1_000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function percent(share: number): string {
  return `${(share * 100).toLocaleString('en-US', { maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 })}%`;
}

/** In the viewer's zone and manner. */
export function dateTime(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

export function clockTime(ms: number): string {
  const date = new Date(ms);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
    : date.toLocaleString(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}

/** `3 min ago`, `in 2 h`. */
export function relative(ms: number, nowMs: number): string {
  const seconds = Math.round((ms - nowMs) / 1_000);
  const [, size, unit] = UNITS.find(([limit]) => Math.abs(seconds) < limit) ?? LONGEST;
  return relativeTime.format(Math.round(seconds / size), unit);
}

type Unit = [limit: number, size: number, unit: Intl.RelativeTimeFormatUnit];
const UNITS: Unit[] = [
  [60, 1, 'second'],
  [3_600, 60, 'minute'],
  [86_400, 3_600, 'hour'],
];
const LONGEST: Unit = [Number.POSITIVE_INFINITY, 86_400, 'day'];
const relativeTime = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' });

export const protocolLabel = (protocol: string): string =>
  protocol === 'messages' ? 'Messages' : protocol === 'chat-completions' ? 'Chat' : protocol;

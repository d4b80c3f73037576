/** Figures as people read them. What is exact stays in the decimal string that the gateway gave. */

/**
 * `0.00041` → `$0.000410`, `0.215` → `$0.2150`, `0.5` → `$0.50`, `1234.5` → `$1,234.50`. Amounts of a size have as many
 * places, so that they stand well below each other: 2, 4 or 6. Whole cents have two; less than six places is said so.
 */
export function shortUsd(decimal: string): string {
  const value = Number(decimal);
  if (value === 0) return '$0.00';
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (size < 0.000001) return `${sign}<$0.000001`;
  const cents = !/\.\d{3}/.test(decimal);
  return sign + dollars(size, size >= 1 || cents ? 2 : size >= 0.01 ? 4 : 6);
}

/** To six places, whatever its size: for balances that small amounts change. */
export function fineUsd(decimal: string): string {
  const value = Number(decimal);
  return (value < 0 ? '−' : '') + dollars(Math.abs(value), 6);
}

function dollars(size: number, places: number): string {
  return `$${size.toLocaleString('en-US', { minimumFractionDigits: places, maximumFractionDigits: places })}`;
}

/** `1234567` → `1.23M`. */
export function shortCount(count: number): string {
  const size = Math.abs(count);
  if (size < 10_000) return count.toLocaleString('en-US');
  const [unit, name] = size < 1_000_000 ? [1_000, 'K'] : size < 1_000_000_000 ? [1_000_000, 'M'] : [1_000_000_000, 'B'];
  return `${(count / unit).toLocaleString('en-US', { maximumSignificantDigits: 3 })}${name}`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `0.02` → `<0.1 ms`, `12.3` → `12 ms`, `1234` → `1.23 s`, `83000` → `1 min 23 s`. */
export function duration(ms: number): string {
  if (ms === 0) return '0 ms';
  if (ms < 0.05) return '<0.1 ms';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
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

/** The value below which `share` of the sorted values lie; undefined when there is none. */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

export const protocolLabel = (protocol: string): string =>
  protocol === 'messages' ? 'Messages' : protocol === 'chat-completions' ? 'Chat' : protocol;

import { GatewayError } from '../errors/catalogue.ts';

/** 1 USD in nano-dollars, the unit of every balance, hold and charge. */
export const NANO_PER_USD = 1_000_000_000n;

/** Largest amount that is taken in: its nano-dollars fit a signed 64-bit column with room to add. */
export const MAX_USD = 1_000_000_000n;

/**
 * Nano-dollars as a decimal string in USD: every digit that counts, none that does not but for `leastPlaces`.
 * `435n` → `0.000000435`, `1_500_000_000n` → `1.5` and with two places `1.50`, `0n` → `0`.
 */
export function formatUsd(nano: bigint, leastPlaces = 0): string {
  if (nano >= 0n && nano <= SMALL) return formatSmall(Number(nano), leastPlaces);
  const absolute = nano < 0n ? -nano : nano;
  const digits = (absolute % NANO_PER_USD).toString().padStart(9, '0').replace(/0+$/, '');
  const fraction = digits.padEnd(leastPlaces, '0');
  const whole = (absolute / NANO_PER_USD).toString();
  return `${nano < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Up to it a number holds nano-dollars exactly, and divides them several times faster than a bigint does. */
const SMALL = BigInt(Number.MAX_SAFE_INTEGER);

function formatSmall(nano: number, leastPlaces: number): string {
  const whole = Math.trunc(nano / 1e9);
  // Under 2^31, and divided as such: remainders of other numbers take ten times as long.
  let rest = (nano - whole * 1e9) | 0;
  if (rest === 0 && leastPlaces === 0) return String(whole);
  let places = 9;
  while (places > leastPlaces && rest % 10 === 0) {
    rest = (rest / 10) | 0;
    places--;
  }
  const digits = String(rest);
  return `${whole}.${ZEROS[places - digits.length]}${digits}`;
}

const ZEROS = Array.from({ length: 10 }, (_, count) => '0'.repeat(count));

/** The reverse of `parseDecimal`: a non-negative integer in units of 10^-places as a decimal without needless zeros. */
export function formatDecimal(units: bigint, places: number): string {
  const digits = units.toString().padStart(places + 1, '0');
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return `${digits.slice(0, digits.length - places)}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * An amount in USD from a request or a setting, as nano-dollars.
 * Throws GatewayError `invalid_param` that names `field`: not a decimal, negative, finer than 1e-9, over MAX_USD.
 */
export function parseUsd(value: unknown, field = 'amount'): bigint {
  const refuse = (problem: string): never => {
    throw new GatewayError(
      'invalid_param',
      `${field} ${problem}. Give USD as a decimal from 0 to ${MAX_USD} with at most 9 places, such as "12.50".`,
      { param: field },
    );
  };
  if (typeof value !== 'string' && typeof value !== 'number') return refuse('must be a string or a number');
  // A JSON number is read by the shortest decimal that names it, so that 0.1 is one tenth and not its binary neighbour.
  const text = typeof value === 'number' ? plainDecimal(value) : value.trim();
  if (/^-\d/.test(text)) return refuse('must not be negative');
  const nano = parseDecimal(text, 9);
  if (nano === 'malformed') return refuse('is not a decimal number');
  if (nano === 'too fine') return refuse('has more than 9 decimal places');
  if (nano > MAX_USD * NANO_PER_USD) return refuse(`is over ${MAX_USD} USD`);
  return nano;
}

/** A non-negative decimal as an integer in units of 10^-places. No sign, no exponent, no grouping. */
export function parseDecimal(text: string, places: number): bigint | 'malformed' | 'too fine' {
  const match = text.length > 64 ? null : /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return 'malformed';
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > places) return 'too fine';
  return BigInt(match[1] + fraction.padEnd(places, '0'));
}

/** `1e-7` → `0.0000001`: what JavaScript writes with an exponent, written out. */
export function plainDecimal(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e-(\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  return `${sign}0.${'0'.repeat(Number(exponent) - whole.length)}${whole}${fraction}`;
}

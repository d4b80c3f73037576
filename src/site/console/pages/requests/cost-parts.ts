import type { UsageRow } from '../../api/rows.ts';

/** One line of a bill. Amounts are decimals in USD. */
interface CostPart {
  name: string;
  tokens: number;
  /** USD per 1M tokens; undefined where the price is not known any more. */
  perMillion: string | undefined;
  /** Before the multiplier, exact. */
  amount: string | undefined;
}

type Billed = Pick<
  UsageRow,
  | 'input_tokens'
  | 'cache_read_tokens'
  | 'cache_write_tokens'
  | 'cache_write_1h_tokens'
  | 'output_tokens'
  | 'reasoning_tokens'
  | 'price'
>;

/** The buckets of a request, each with its price; those of cache writes and reasoning only where there are tokens. */
export function costParts(row: Billed): CostPart[] {
  const { price } = row;
  const part = (name: string, tokens: number, perMillion: string | undefined): CostPart => ({
    name,
    tokens,
    perMillion,
    amount: perMillion === undefined ? undefined : times(times(String(tokens), perMillion), '0.000001'),
  });
  const written5m = row.cache_write_tokens - row.cache_write_1h_tokens;
  const optional = (one: CostPart): CostPart[] => (one.tokens === 0 ? [] : [one]);
  return [
    part('Input', row.input_tokens, price?.input),
    part('Cache read', row.cache_read_tokens, price?.cache_read),
    ...optional(part('Cache write, 5 min', written5m, price?.cache_write_5m)),
    ...optional(part('Cache write, 1 h', row.cache_write_1h_tokens, price?.cache_write_1h)),
    part('Output', row.output_tokens - row.reasoning_tokens, price?.output),
    ...optional(part('Reasoning', row.reasoning_tokens, price?.output)),
  ];
}

/** The product of two decimals, to its last digit. */
export function times(a: string, b: string): string {
  const [left, right] = [unitsOf(a), unitsOf(b)];
  const places = left.places + right.places;
  const digits = (left.units * right.units).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function unitsOf(decimal: string): { units: bigint; places: number } {
  const [whole = '0', fraction = ''] = decimal.split('.');
  return { units: BigInt(whole + fraction), places: fraction.length };
}

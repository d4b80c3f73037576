/** Where the text of a JSON number stands. */
export type NumberState = 'sign' | 'zero' | 'whole' | 'point' | 'fraction' | 'e' | 'e-sign' | 'exponent';

type Kind = '0' | '1-9' | '.' | 'e' | '+-';

/** What may come next, and where it leads. */
const NEXT: Record<NumberState, Partial<Record<Kind, NumberState>>> = {
  sign: { '0': 'zero', '1-9': 'whole' },
  zero: { '.': 'point', e: 'e' },
  whole: { '0': 'whole', '1-9': 'whole', '.': 'point', e: 'e' },
  point: { '0': 'fraction', '1-9': 'fraction' },
  fraction: { '0': 'fraction', '1-9': 'fraction', e: 'e' },
  e: { '0': 'exponent', '1-9': 'exponent', '+-': 'e-sign' },
  'e-sign': { '0': 'exponent', '1-9': 'exponent' },
  exponent: { '0': 'exponent', '1-9': 'exponent' },
};

/** Where a number stands that begins with this character; undefined: none does. */
export const numberStart = (c: number): NumberState | undefined => (c === 0x2d ? 'sign' : numberAfter('sign', c));

/** Where it stands behind one more character; undefined where no number goes on like this. */
export function numberAfter(state: NumberState, c: number): NumberState | undefined {
  const kind = kindOf(c);
  return kind === undefined ? undefined : NEXT[state][kind];
}

/** Whether it may end there. Where it may not, a digit makes it one that may. */
export const isWholeNumber = (state: NumberState): boolean =>
  state === 'zero' || state === 'whole' || state === 'fraction' || state === 'exponent';

function kindOf(c: number): Kind | undefined {
  if (c === 0x30) return '0';
  if (c > 0x30 && c <= 0x39) return '1-9';
  if (c === 0x2e) return '.';
  if (c === 0x65 || c === 0x45) return 'e';
  return c === 0x2b || c === 0x2d ? '+-' : undefined;
}

import type { ReactNode } from 'react';
import type { RateLimitRow } from '../api/rows.ts';
import { FillMeter } from './fill-meter.tsx';
import { count } from './format.ts';

const NAMES: Record<RateLimitRow['name'], string> = {
  rpm: 'Requests a minute',
  tpm: 'Tokens a minute',
  concurrency: 'Requests in flight',
};

/** How much of a limit on requests or tokens is in use at this moment. */
export function RateBar({ limit: { name, limit, used } }: { limit: RateLimitRow }): ReactNode {
  const told = `${count(used)} of ${count(limit)}`;
  return (
    <FillMeter
      name={NAMES[name]}
      share={Math.min(1, used / limit)}
      told={told}
      figures={<span className="faint figure">{told}</span>}
    />
  );
}

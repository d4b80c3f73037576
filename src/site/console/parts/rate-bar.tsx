import { Meter } from '@base-ui/react/meter';
import type { ReactNode } from 'react';
import type { RateLimitRow } from '../api/rows.ts';
import { count } from './format.ts';

const NAMES: Record<RateLimitRow['name'], string> = {
  rpm: 'Requests a minute',
  tpm: 'Tokens a minute',
  concurrency: 'Requests in flight',
};

/** How much of a limit on requests or tokens is in use at this moment. */
export function RateBar({ limit: { name, limit, used } }: { limit: RateLimitRow }): ReactNode {
  const share = Math.min(1, used / limit);
  const tone = share >= 0.9 ? 'bad' : share >= 0.8 ? 'warn' : 'good';
  return (
    <Meter.Root className={`meter ${tone}`} value={share * 100} aria-valuetext={`${count(used)} of ${count(limit)}`}>
      <div className="meter-head">
        <Meter.Label>{NAMES[name]}</Meter.Label>
        <span className="faint figure">
          {count(used)} of {count(limit)}
        </span>
      </div>
      <Meter.Track className="meter-track">
        <Meter.Indicator className="meter-fill" />
      </Meter.Track>
    </Meter.Root>
  );
}

import { Meter } from '@base-ui/react/meter';
import type { ReactNode } from 'react';
import type { LimitRow } from '../api/rows.ts';
import { Moment, Usd } from './figures.tsx';
import { percent, shortUsd } from './format.ts';

const NAMES: Record<LimitRow['name'], string> = {
  quota: 'For life',
  rate_limit_5h: '5 hours',
  rate_limit_1d: '1 day',
  rate_limit_7d: '7 days',
};

/** How full a limit is. The colour changes at four fifths and at nine tenths; the words say the same. */
export function LimitBar({ limit, compact = false }: { limit: LimitRow; compact?: boolean }): ReactNode {
  const most = Number(limit.limit_usd);
  const spent = Number(limit.spent_usd);
  const share = most === 0 ? 1 : Math.min(1, spent / most);
  const tone = share >= 0.9 ? 'bad' : share >= 0.8 ? 'warn' : 'good';
  return (
    <Meter.Root
      className={`meter ${tone}`}
      value={share * 100}
      aria-valuetext={`${shortUsd(limit.spent_usd)} of ${shortUsd(limit.limit_usd, 'down')} spent`}
    >
      <div className="meter-head">
        <Meter.Label>{NAMES[limit.name]}</Meter.Label>
        <span className="faint">
          <Usd value={limit.spent_usd} /> of <Usd value={limit.limit_usd} left />
          {compact ? null : ` · ${percent(share)}`}
        </span>
      </div>
      <Meter.Track className="meter-track">
        <Meter.Indicator className="meter-fill" />
      </Meter.Track>
      {compact || limit.resets_at === null ? null : (
        <p className="meter-foot faint">
          Rolls on <Moment at={limit.resets_at} form="relative" />
        </p>
      )}
    </Meter.Root>
  );
}

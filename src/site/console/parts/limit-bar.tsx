import type { ReactNode } from 'react';
import type { LimitRow } from '../api/rows.ts';
import { Moment, Usd } from './figures.tsx';
import { FillMeter } from './fill-meter.tsx';
import { percent, shortUsd } from './format.ts';

const NAMES: Record<LimitRow['name'], string> = {
  quota: 'For life',
  rate_limit_5h: '5 hours',
  rate_limit_1d: '1 day',
  rate_limit_7d: '7 days',
};

/** How full a limit in USD is. */
export function LimitBar({ limit, compact = false }: { limit: LimitRow; compact?: boolean }): ReactNode {
  const most = Number(limit.limit_usd);
  const share = most === 0 ? 1 : Math.min(1, Number(limit.spent_usd) / most);
  return (
    <FillMeter
      name={NAMES[limit.name]}
      share={share}
      told={`${shortUsd(limit.spent_usd)} of ${shortUsd(limit.limit_usd, 'down')} spent`}
      figures={
        <span className="faint">
          <Usd value={limit.spent_usd} /> of <Usd value={limit.limit_usd} left />
          {compact ? null : ` · ${percent(share)}`}
        </span>
      }
    >
      {compact || limit.resets_at === null ? null : (
        <p className="meter-foot faint">
          Rolls on <Moment at={limit.resets_at} form="relative" />
        </p>
      )}
    </FillMeter>
  );
}

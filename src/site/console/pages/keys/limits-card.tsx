import type { ReactNode } from 'react';
import type { LimitRow, RateLimitRow } from '../../api/rows.ts';
import { LimitBar } from '../../parts/limit-bar.tsx';
import { Card } from '../../parts/page.tsx';
import { RateBar } from '../../parts/rate-bar.tsx';
import { Empty } from '../../parts/states.tsx';

/** How full each limit is: money first, then requests and tokens. */
export function LimitsCard({ limits, rateLimits }: { limits: LimitRow[]; rateLimits: RateLimitRow[] }): ReactNode {
  return (
    <Card title="Limits">
      {limits.length + rateLimits.length === 0 ? (
        <Empty title="This key has no limits of its own.">Only the wallet limits what it can spend.</Empty>
      ) : (
        <div className="limit-bars">
          {limits.map((limit) => (
            <LimitBar key={limit.name} limit={limit} />
          ))}
          {rateLimits.map((limit) => (
            <RateBar key={limit.name} limit={limit} />
          ))}
        </div>
      )}
    </Card>
  );
}

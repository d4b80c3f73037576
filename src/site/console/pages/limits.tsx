import type { ReactNode } from 'react';
import { useAccount } from '../api/queries.ts';
import type { AccountRow } from '../api/rows.ts';
import { KeyStatusBadge } from '../parts/badge.tsx';
import { Moment, Usd } from '../parts/figures.tsx';
import { Card, Page, Stat } from '../parts/page.tsx';
import { Loaded } from '../parts/states.tsx';
import { LimitsCard } from './keys/limits-card.tsx';
import { UsageCard } from './keys/usage-card.tsx';

/** What the key that is logged in may still spend and send, and what it has used. */
export default function Limits(): ReactNode {
  const account = useAccount();
  return (
    <Loaded query={account} what="your limits" lines={8}>
      {(row) => <Account row={row} />}
    </Loaded>
  );
}

function Account({ row }: { row: AccountRow }): ReactNode {
  const { balance } = row;
  return (
    <Page
      title="Limits"
      lead={
        <>
          <KeyStatusBadge of={row} /> <code>{row.masked}</code>
        </>
      }
    >
      <dl className="stats">
        <Stat
          name="Can be spent now"
          value={balance.available_usd === null ? 'Unlimited' : <Usd value={balance.available_usd} left />}
          note="the least that any limit leaves"
        />
        <Stat name="Reserved" value={<Usd value={balance.reserved_usd} />} note="held for running calls" />
        <Stat name="Spent for life" value={<Usd value={balance.lifetime_spent_usd} />} />
        <Stat
          name="Quota"
          value={Number(balance.quota_usd) === 0 ? 'Unlimited' : <Usd value={balance.quota_usd} left />}
          note="for life"
        />
      </dl>
      <div className="cards">
        <LimitsCard limits={row.limits} rateLimits={row.rate_limits} />
        <Card title="What this key may do">
          <dl className="facts">
            <dt>Name</dt>
            <dd>
              <bdi>{row.name}</bdi>
            </dd>
            <dt>Group</dt>
            <dd>{row.group_id}</dd>
            <dt>Models</dt>
            <dd>{row.allowed_models.join(', ') || 'none'}</dd>
            <dt>Made</dt>
            <dd>
              <Moment at={row.created_at} form="full" />
            </dd>
            <dt>Expires</dt>
            <dd>
              <Moment at={row.expires_at} />
            </dd>
          </dl>
        </Card>
      </div>
      <UsageCard />
    </Page>
  );
}

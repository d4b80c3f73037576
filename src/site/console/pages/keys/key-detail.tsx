import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../../api/http.ts';
import { useKey, useManagement } from '../../api/queries.ts';
import type { KeyRow } from '../../api/rows.ts';
import { KeyStatusBadge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Moment, Usd } from '../../parts/figures.tsx';
import { count } from '../../parts/format.ts';
import { BackIcon } from '../../parts/icons.tsx';
import { Card, Page, Stat } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import { requestsPath } from '../requests/filters.ts';
import { LimitsCard } from './limits-card.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import { UsageCard } from './usage-card.tsx';

/** One key: how full its limits are, what it may do, what it has used, and what can be done with it. */
export default function KeyDetail({ id }: { id: string }): ReactNode {
  const key = useKey(id);
  if (key.error instanceof ApiError && key.error.status === 404) {
    return (
      <Page title="Key">
        <Empty title="There is no such key.">
          <Link href="/keys">All keys</Link>
        </Empty>
      </Page>
    );
  }
  const detail = (
    <Loaded query={key} what="the key" lines={8}>
      {(row) => <Detail row={row} />}
    </Loaded>
  );
  // Until its name is known.
  return key.data === undefined ? <Page title="Key">{detail}</Page> : detail;
}

function Detail({ row }: { row: KeyRow }): ReactNode {
  return (
    <>
      <Link href="/keys" className="back-link">
        <BackIcon /> Keys
      </Link>
      <Page
        title={row.name}
        heading={<bdi>{row.name}</bdi>}
        lead={
          <>
            <KeyStatusBadge of={row} /> <code>{row.masked}</code>
          </>
        }
        actions={row.status === 'revoked' ? null : <Actions row={row} />}
      >
        <dl className="stats">
          <Stat name="Spent for life" value={<Usd value={row.spent_usd} />} />
          <Stat
            name="Calls"
            value={<Link href={requestsPath({ key: row.id })}>{count(row.calls)}</Link>}
            note="see each of them"
          />
          <Stat name="Last used" value={<Moment at={row.last_used_at} form="relative" />} />
          <Stat name="Expires" value={<Moment at={row.expires_at} form="relative" />} />
        </dl>
        <div className="cards">
          <LimitsCard limits={row.limits} rateLimits={row.rate_limits} />
          <Facts row={row} />
        </div>
        <UsageCard keyId={row.id} />
      </Page>
    </>
  );
}

function Facts({ row }: { row: KeyRow }): ReactNode {
  return (
    <Card title="Settings">
      <dl className="facts">
        <dt>Id</dt>
        <dd>
          <code>{row.id}</code>
        </dd>
        <dt>Group</dt>
        <dd>{row.group_id}</dd>
        <dt>Models</dt>
        <dd>{row.models.length === 0 ? 'all that the group reaches' : row.models.join(', ')}</dd>
        <dt>Only from</dt>
        <dd>{row.ip_whitelist.length === 0 ? 'everywhere' : row.ip_whitelist.join(', ')}</dd>
        <dt>Never from</dt>
        <dd>{row.ip_blacklist.length === 0 ? 'no address' : row.ip_blacklist.join(', ')}</dd>
        <dt>At a limit</dt>
        <dd>{row.on_limit === 'shrink' ? 'max_tokens is lowered to what is left' : 'the request is refused'}</dd>
        <dt>Made</dt>
        <dd>
          <Moment at={row.created_at} form="full" />
        </dd>
        <dt>Changed</dt>
        <dd>
          <Moment at={row.updated_at} form="full" />
        </dd>
      </dl>
    </Card>
  );
}

function Actions({ row }: { row: KeyRow }): ReactNode {
  const [asking, setAsking] = useState<'rotate' | 'revoke' | undefined>(undefined);
  const path = `keys/${row.id}`;
  const revoke = useManagement<KeyRow, undefined>(() => ({ method: 'DELETE', path }), ['keys']);
  const update = useManagement<KeyRow, KeyRow['status']>(
    (status) => ({ method: 'PUT', path, body: { status } }),
    ['keys'],
  );
  const other = row.status === 'active' ? 'disabled' : 'active';
  const close = (): void => setAsking(undefined);
  return (
    <>
      <Link href={`/keys/${row.id}/edit`} className="button">
        Edit
      </Link>
      <Button onClick={() => setAsking('rotate')}>Rotate</Button>
      <Button
        busy={update.isPending}
        onClick={() =>
          update.mutate(other, {
            onSuccess: () => say(other === 'active' ? 'The key opens again.' : 'The key is disabled.'),
            onError: (error) => say(error.message),
          })
        }
      >
        {row.status === 'active' ? 'Disable' : 'Enable'}
      </Button>
      <Button look="danger" onClick={() => setAsking('revoke')}>
        Revoke
      </Button>
      {asking === 'rotate' ? <RotateDialog row={row} onClose={close} /> : null}
      <Confirm
        open={asking === 'revoke'}
        title={
          <>
            Revoke <bdi>{row.name}</bdi>?
          </>
        }
        action="Revoke for good"
        busy={revoke.isPending}
        error={revoke.error}
        onClose={close}
        onConfirm={() =>
          revoke.mutate(undefined, {
            onSuccess: () => {
              close();
              say('The key is revoked.');
            },
          })
        }
      >
        Every client that uses it is refused from now on. This cannot be taken back; its usage stays.
      </Confirm>
    </>
  );
}

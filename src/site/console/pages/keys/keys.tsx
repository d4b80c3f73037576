import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { MOST_KEYS, useKeys } from '../../api/queries.ts';
import type { KeyRow, LimitRow } from '../../api/rows.ts';
import { KeyStatusBadge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { SelectField, TextField } from '../../parts/field.tsx';
import { Moment, Usd } from '../../parts/figures.tsx';
import { count } from '../../parts/format.ts';
import { PlusIcon } from '../../parts/icons.tsx';
import { LimitBar } from '../../parts/limit-bar.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';

/** Rows drawn before somebody asks for more. */
const SHOWN = 100;

/** All keys, newest first. */
export default function Keys(): ReactNode {
  const keys = useKeys();
  return (
    <Page
      title="Keys"
      actions={
        <Link href="/keys/new" className="button primary">
          <PlusIcon /> Create key
        </Link>
      }
    >
      <Loaded query={keys} what="the keys" lines={8}>
        {(rows) => (rows.length === 0 ? <NoKeys /> : <KeyList rows={rows} />)}
      </Loaded>
    </Page>
  );
}

function NoKeys(): ReactNode {
  return (
    <Card>
      <Empty title="There is no key yet.">
        Create one: clients call the models with it, within limits that you set.
      </Empty>
    </Card>
  );
}

function KeyList({ rows }: { rows: KeyRow[] }): ReactNode {
  const [text, setText] = useState('');
  const [status, setStatus] = useState('in-use');
  const [group, setGroup] = useState('');
  const [most, setMost] = useState(SHOWN);
  const groups = [...new Set(rows.map(({ group_id }) => group_id))].sort();
  const wanted = text.trim().toLowerCase();
  const found = rows.filter(
    (row) =>
      (wanted === '' || `${row.name} ${row.id} ${row.masked}`.toLowerCase().includes(wanted)) &&
      (status === '' || (status === 'in-use' ? row.status !== 'revoked' : row.status === status)) &&
      (group === '' || row.group_id === group),
  );
  return (
    <Card>
      <div className="filters">
        <TextField
          label="Find"
          type="search"
          placeholder="name, id or last characters"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <SelectField
          label="Status"
          options={STATUSES}
          value={status}
          onChange={({ target }) => setStatus(target.value)}
        />
        {groups.length < 2 ? null : (
          <SelectField
            label="Group"
            options={[{ value: '', label: 'All' }, ...groups.map((id) => ({ value: id, label: id }))]}
            value={group}
            onChange={({ target }) => setGroup(target.value)}
          />
        )}
        <p className="faint filters-count" role="status">
          {count(found.length)} of {rows.length < MOST_KEYS ? '' : 'the newest '}
          {count(rows.length)} keys
        </p>
      </div>
      {found.length === 0 ? (
        <Empty title="No key fits." />
      ) : (
        <DataTable caption="Keys" columns={COLUMNS} rows={found.slice(0, most)} rowKey={({ id }) => id} />
      )}
      {rows.length < MOST_KEYS ? null : (
        <p className="faint small">
          Older ones are not looked through here: <code>npx bytespike keys list</code> has all of them.
        </p>
      )}
      {found.length > most ? (
        <div className="more">
          <Button onClick={() => setMost(most + SHOWN)}>Show more</Button>
        </div>
      ) : null}
    </Card>
  );
}

const STATUSES = [
  { value: 'in-use', label: 'Not revoked' },
  { value: 'active', label: 'Active' },
  { value: 'disabled', label: 'Disabled' },
  { value: 'revoked', label: 'Revoked' },
  { value: '', label: 'All' },
];

const COLUMNS: Column<KeyRow>[] = [
  {
    id: 'name',
    header: 'Name',
    sortBy: ({ name }) => name.toLowerCase(),
    cell: ({ id, name, masked }) => (
      <span className="key-name">
        <Link href={`/keys/${id}`} title={name}>
          <bdi>{name}</bdi>
        </Link>
        <code className="faint">{masked}</code>
      </span>
    ),
  },
  {
    id: 'status',
    header: 'Status',
    sortBy: ({ status }) => status,
    cell: (row) => <KeyStatusBadge of={row} />,
  },
  {
    id: 'group',
    header: 'Group',
    sortBy: ({ group_id }) => group_id,
    cell: ({ group_id }) => group_id,
    wideOnly: true,
  },
  {
    id: 'spent',
    header: 'Spent',
    align: 'right',
    sortBy: ({ spent_usd }) => Number(spent_usd),
    cell: ({ spent_usd }) => <Usd value={spent_usd} />,
  },
  {
    id: 'calls',
    header: 'Calls',
    align: 'right',
    sortBy: ({ calls }) => calls,
    cell: ({ calls }) => count(calls),
    wideOnly: true,
  },
  {
    id: 'limit',
    header: 'Fullest limit',
    sortBy: ({ limits }) => share(fullest(limits)),
    cell: ({ limits }) => <FullestLimit limits={limits} />,
    wideOnly: true,
  },
  {
    id: 'used',
    header: 'Last used',
    sortBy: ({ last_used_at }) => last_used_at ?? '',
    cell: ({ last_used_at }) => <Moment at={last_used_at} form="relative" />,
    wideOnly: true,
  },
];

function FullestLimit({ limits }: { limits: LimitRow[] }): ReactNode {
  const limit = fullest(limits);
  if (limit === undefined) return <span className="faint">no spending limit</span>;
  return (
    <div className="limit-cell">
      <LimitBar limit={limit} compact />
    </div>
  );
}

const share = (limit: LimitRow | undefined): number =>
  limit === undefined ? -1 : Number(limit.spent_usd) / Number(limit.limit_usd);

function fullest(limits: LimitRow[]): LimitRow | undefined {
  return limits.toSorted((a, b) => share(b) - share(a))[0];
}

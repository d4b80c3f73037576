import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useKeys, useTransactions } from '../../api/queries.ts';
import type { Transaction } from '../../api/rows.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Choices } from '../../parts/choices.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Moment, Usd } from '../../parts/figures.tsx';
import { Card } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';

const KINDS = [
  { value: '', label: 'All' },
  { value: 'top_up', label: 'Top-ups' },
  { value: 'adjustment', label: 'Adjustments' },
  { value: 'charge', label: 'Charges' },
];

/** Every booking, newest first. */
export function Ledger(): ReactNode {
  const [kind, setKind] = useState('');
  const ledger = useTransactions(kind);
  const names = new Map(useKeys().data?.map(({ id, name }) => [id, name]));
  return (
    <Card
      title="Ledger"
      className="ledger"
      actions={<Choices label="Kind of booking" options={KINDS} value={kind} onChange={setKind} />}
    >
      <Loaded query={ledger} what="the ledger" lines={8}>
        {({ pages }) => {
          const rows = pages.flatMap(({ data }) => data);
          if (rows.length === 0) return <Empty title="There is no booking of this kind." />;
          return (
            <>
              <DataTable caption="Ledger" columns={columns(names)} rows={rows} rowKey={({ id }) => id} />
              {ledger.hasNextPage ? (
                <div className="more">
                  <Button busy={ledger.isFetchingNextPage} onClick={() => void ledger.fetchNextPage()}>
                    Show older ones
                  </Button>
                </div>
              ) : null}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

const TONES = { top_up: 'good', adjustment: 'info', charge: 'plain' } as const;
const NAMES = { top_up: 'top-up', adjustment: 'adjustment', charge: 'charge' } as const;

function columns(keyNames: ReadonlyMap<string, string>): Column<Transaction>[] {
  return [
    { id: 'time', header: 'Time', cell: ({ created_at }) => <Moment at={created_at} /> },
    {
      id: 'kind',
      header: 'Kind',
      cell: ({ kind }) => <Badge tone={TONES[kind]}>{NAMES[kind]}</Badge>,
      wideOnly: true,
    },
    { id: 'amount', header: 'Amount', align: 'right', cell: ({ amount_usd }) => <Usd value={amount_usd} left /> },
    {
      id: 'balance',
      header: 'Balance after',
      align: 'right',
      cell: ({ balance_after_usd }) => <Usd value={balance_after_usd} fine />,
      wideOnly: true,
    },
    { id: 'what', header: 'What for', cell: (row) => <What row={row} keyNames={keyNames} /> },
    { id: 'who', header: 'By', cell: ({ actor }) => actor ?? '', wideOnly: true },
  ];
}

function What({ row, keyNames }: { row: Transaction; keyNames: ReadonlyMap<string, string> }): ReactNode {
  const { request_id: requestId, api_key_id: keyId, kind, note } = row;
  if (requestId === null)
    return <span className="ledger-note">{note === null || note === '' ? NAMES[kind] : note}</span>;
  return (
    <>
      <Link href={`/requests/${requestId}`}>request</Link>
      {keyId === null ? null : (
        <span className="wide-only">
          {' with '}
          <Link className="ledger-key" href={`/keys/${keyId}`} title={keyNames.get(keyId)}>
            <bdi>{keyNames.get(keyId) ?? keyId}</bdi>
          </Link>
        </span>
      )}
    </>
  );
}

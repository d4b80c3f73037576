import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useSession } from '../../api/session.tsx';
import { Badge } from '../../parts/badge.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { Duration, Moment, Tokens, Usd } from '../../parts/figures.tsx';
import { protocolLabel } from '../../parts/format.ts';
import { OutcomeBadge } from './outcome-badge.tsx';
import type { RequestItem } from './request-item.ts';

export function RequestTable({
  items,
  keyNames,
}: {
  items: readonly RequestItem[];
  keyNames: ReadonlyMap<string, string>;
}): ReactNode {
  const { kind, simulated } = useSession();
  const columns = [
    TIME,
    OUTCOME,
    modelColumn(!simulated),
    ...(kind === 'admin' ? [keyColumn(keyNames)] : []),
    ...FIGURES,
  ];
  return <DataTable caption="Requests" columns={columns} rows={items} rowKey={({ id }) => id} />;
}

const TIME: Column<RequestItem> = {
  id: 'time',
  header: 'Ended',
  cell: ({ id, endedAt, model }) => (
    <>
      <Link href={`/requests/${encodeURIComponent(id)}`}>
        <Moment at={endedAt} />
      </Link>
      <span className="narrow-only request-model-below">{model}</span>
    </>
  ),
};

const OUTCOME: Column<RequestItem> = {
  id: 'outcome',
  header: 'Outcome',
  cell: ({ outcome, status, errorCode }) => <OutcomeBadge outcome={outcome} status={status} errorCode={errorCode} />,
};

/** Where every answer is simulated the menu says so; a mark on every row would say nothing. */
const modelColumn = (marked: boolean): Column<RequestItem> => ({
  id: 'model',
  header: 'Model',
  wideOnly: true,
  cell: ({ model, simulated }) => (
    <span className="request-model">
      <span title={model}>{model === '' ? '–' : model}</span>
      {marked && simulated ? <Badge title="The built-in simulator answered.">sim</Badge> : null}
    </span>
  ),
});

function keyColumn(names: ReadonlyMap<string, string>): Column<RequestItem> {
  return {
    id: 'key',
    header: 'Key',
    wideOnly: true,
    cell: ({ keyId }) =>
      keyId === undefined ? (
        <span className="faint">none</span>
      ) : (
        <Link className="request-key" href={`/keys/${encodeURIComponent(keyId)}`} title={names.get(keyId)}>
          <bdi>{names.get(keyId) ?? keyId}</bdi>
        </Link>
      ),
  };
}

const NOTHING = <span className="faint">–</span>;

const FIGURES: Column<RequestItem>[] = [
  {
    id: 'tokens',
    header: 'Tokens in → out',
    align: 'right',
    wideOnly: true,
    cell: ({ billed }) =>
      billed === undefined ? (
        NOTHING
      ) : (
        <>
          <Tokens value={billed.input} /> → <Tokens value={billed.output} />
        </>
      ),
  },
  {
    id: 'cost',
    header: 'Cost',
    align: 'right',
    cell: ({ billed }) => (billed === undefined ? NOTHING : <Usd value={billed.costUsd} />),
  },
  {
    id: 'ttft',
    header: 'First token',
    align: 'right',
    wideOnly: true,
    cell: ({ ttftMs }) => <Duration ms={ttftMs} />,
  },
  {
    id: 'duration',
    header: 'Total',
    align: 'right',
    wideOnly: true,
    cell: ({ durationMs }) => <Duration ms={durationMs} />,
  },
  {
    id: 'protocol',
    header: 'Protocol',
    wideOnly: true,
    cell: ({ protocol, stream }) => `${protocolLabel(protocol)}${stream ? ', streamed' : ''}`,
  },
];

import type { ReactNode } from 'react';
import type { KeyRow } from '../api/rows.ts';

type Tone = 'good' | 'bad' | 'warn' | 'info' | 'plain';

export function Badge({
  tone = 'plain',
  title,
  children,
}: {
  tone?: Tone;
  title?: string | undefined;
  children: ReactNode;
}): ReactNode {
  return (
    <span className={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

interface Asked {
  isError: boolean;
  isPaused: boolean;
}

/** What is on the page changes by itself, as long as these are answered: without a network they are not even asked. */
export function Live({ queries, children }: { queries: Asked[]; children?: ReactNode }): ReactNode {
  const lost = queries.some(({ isError, isPaused }) => isError || isPaused);
  return (
    <>
      <span className={lost ? 'live lost' : 'live'}>{lost ? 'Not live' : 'Live'}</span>
      {children}
    </>
  );
}

export function StatusBadge({ status }: { status: number }): ReactNode {
  const tone = status < 300 ? 'good' : status < 500 ? 'warn' : 'bad';
  return <Badge tone={tone}>{status === 499 ? 'left' : status}</Badge>;
}

const KEY_TONES: Record<KeyRow['status'], Tone> = { active: 'good', disabled: 'warn', revoked: 'bad' };

/** A key that is active until a time that has passed is not any more. */
export function KeyStatusBadge({ of: row }: { of: Pick<KeyRow, 'status' | 'expires_at'> }): ReactNode {
  const { status, expires_at: end } = row;
  const expired = status === 'active' && end !== null && Date.parse(end) <= Date.now();
  return expired ? <Badge tone="plain">expired</Badge> : <Badge tone={KEY_TONES[status]}>{status}</Badge>;
}

import type { ReactNode } from 'react';

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
  const tone = status < 300 ? 'good' : status === 499 ? 'warn' : status < 500 ? 'warn' : 'bad';
  return <Badge tone={tone}>{status === 499 ? 'left' : status}</Badge>;
}

const KEY_TONES: Record<string, Tone> = { active: 'good', disabled: 'warn', revoked: 'bad' };

export function KeyStatusBadge({ status }: { status: string }): ReactNode {
  return <Badge tone={KEY_TONES[status] ?? 'plain'}>{status}</Badge>;
}

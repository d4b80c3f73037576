import type { ReactNode } from 'react';
import { Badge } from '../../parts/badge.tsx';
import type { Outcome } from './request-item.ts';

/** What became of a request in a word: its status and error, or that its client went away. */
export function OutcomeBadge({
  outcome,
  status,
  errorCode,
}: {
  outcome: Outcome;
  status: number;
  errorCode: string | undefined;
}): ReactNode {
  if (outcome === 'left') {
    return (
      <Badge tone="warn" title="The client went away before the answer ended.">
        client left
      </Badge>
    );
  }
  if (outcome === 'answered') return <Badge tone="good">{status}</Badge>;
  return (
    <Badge tone={status < 500 ? 'warn' : 'bad'} title={errorCode}>
      {status}
      <span className="outcome-code">{errorCode}</span>
    </Badge>
  );
}

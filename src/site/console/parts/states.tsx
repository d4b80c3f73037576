import type { ReactNode } from 'react';
import { Button } from './button.tsx';

/** Shown while the first answer is awaited; takes about the room of what will come. */
export function Loading({ what, lines = 4 }: { what: string; lines?: number }): ReactNode {
  return (
    <div className="loading" role="status">
      <span className="visually-hidden">Loading {what}…</span>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <div className="skeleton" key={line} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children === undefined ? null : <div className="faint">{children}</div>}
    </div>
  );
}

export function Failed({ error, onRetry }: { error: Error; onRetry?: () => void }): ReactNode {
  return (
    <div className="notice bad" role="alert">
      <p>{error.message}</p>
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

interface QueryState<Data> {
  data: Data | undefined;
  error: Error | null;
  refetch: () => unknown;
}

/**
 * What a query has: its data, or why there is none yet. Data that is there stays on the page while a later question
 * fails, with a word that it may be old.
 */
export function Loaded<Data>({
  query,
  what,
  lines,
  children,
}: {
  query: QueryState<Data>;
  what: string;
  lines?: number;
  children: (data: Data) => ReactNode;
}): ReactNode {
  const { data, error, refetch } = query;
  if (data === undefined) {
    if (error !== null) return <Failed error={error} onRetry={() => void refetch()} />;
    return <Loading what={what} {...(lines === undefined ? {} : { lines })} />;
  }
  return (
    <>
      {error === null ? null : (
        <p className="notice bad" role="alert">
          What you see may be old: {error.message}
        </p>
      )}
      {children(data)}
    </>
  );
}

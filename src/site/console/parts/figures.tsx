import type { ReactNode } from 'react';
import { useNow } from './clock.ts';
import { clockTime, count, dateTime, duration, fineUsd, relative, shortCount, shortUsd } from './format.ts';

/**
 * An amount that was spent, or, with `left`, one that can be: rounded up or down. Short, or a balance with six places;
 * the exact one on hover and for screen readers that read titles.
 */
export function Usd({
  value,
  left = false,
  fine = false,
}: {
  value: string;
  left?: boolean;
  fine?: boolean;
}): ReactNode {
  return (
    <span className="figure" title={`${value} USD exactly`}>
      {fine ? fineUsd(value) : shortUsd(value, left ? 'down' : 'up')}
    </span>
  );
}

export function Tokens({ value }: { value: number }): ReactNode {
  return (
    <span className="figure" title={`${count(value)} tokens`}>
      {shortCount(value)}
    </span>
  );
}

export function Duration({ ms }: { ms: number | null | undefined }): ReactNode {
  if (ms === null || ms === undefined) return <span className="faint">–</span>;
  return (
    <span className="figure" title={`${Math.round(ms * 100) / 100} ms`}>
      {duration(ms)}
    </span>
  );
}

/** A moment in the viewer's zone; the exact instant on hover. `full` has the date even where it is today's. */
export function Moment({
  at,
  form = 'clock',
}: {
  at: string | number | null;
  form?: 'clock' | 'full' | 'relative';
}): ReactNode {
  if (at === null) return <span className="faint">never</span>;
  const date = new Date(at);
  const ms = date.getTime();
  const text = form === 'clock' ? clockTime(ms) : form === 'full' ? dateTime(ms) : <Since at={ms} />;
  return (
    <time dateTime={date.toISOString()} title={`${dateTime(ms)} (${date.toISOString()})`}>
      {text}
    </time>
  );
}

const EVERY_MS = 5_000;

/** How long ago it is, or in how long it will be. */
function Since({ at }: { at: number }): ReactNode {
  useNow(EVERY_MS);
  return relative(at, Date.now());
}

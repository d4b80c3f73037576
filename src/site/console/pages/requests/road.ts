/** A part of a request's time. ms from the start. */
export interface Span {
  name: string;
  from: number;
  to: number;
  /** Where the gateway's own work ends and somebody else is waited for. */
  kind: 'own' | 'upstream' | 'failed' | 'left' | 'moment';
}

interface Timed {
  steps: readonly { name: string; ms: number }[];
  ttftMs?: number | undefined;
  durationMs: number;
  failed: boolean;
}

/** Names of the road's marks as people read them; each is the end of what it names. */
const STEPS: Record<string, { name: string; kind: Span['kind'] }> = {
  admit: { name: 'Authenticate and admit', kind: 'own' },
  'read body': { name: 'Read the body', kind: 'own' },
  guard: { name: 'Find model, check request', kind: 'own' },
  reserve: { name: 'Reserve the cost', kind: 'own' },
  'upstream head': { name: 'Wait for the upstream', kind: 'upstream' },
  'upstream end': { name: 'Relay the answer', kind: 'upstream' },
  settle: { name: 'Charge', kind: 'own' },
};

const LAST = 'settle';

/** What was under way when a request ended after these steps. */
function stepAfter(steps: Timed['steps']): string {
  const names = Object.keys(STEPS);
  const next = names[names.indexOf(steps.at(-1)?.name ?? '') + 1];
  return (next === undefined ? undefined : STEPS[next]?.name) ?? 'Last step';
}

/** Shorter rests than that are the clock's, not a step. ms */
const REST_MS = 0.05;

/** The steps of a request one after the other, each from the end of the one before, and the moment of the first token. */
export function spansOf({ steps, ttftMs, durationMs, failed }: Timed): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const { name, ms } of steps) {
    spans.push({ ...(STEPS[name] ?? { name, kind: 'own' as const }), from, to: ms });
    from = ms;
  }
  if (failed) {
    spans.push({ name: `${stepAfter(steps)}: failed`, kind: 'failed', from, to: Math.max(from, durationMs) });
  } else if (steps.length === 0) {
    spans.push({ name: 'All steps', kind: 'own', from, to: durationMs });
  } else if (durationMs - from > REST_MS && steps.at(-1)?.name !== LAST) {
    spans.push({ name: `${stepAfter(steps)}: client left`, kind: 'left', from, to: durationMs });
  }
  if (ttftMs === undefined) return spans;
  const after = spans.findIndex(({ to }) => to >= ttftMs);
  const moment: Span = { name: 'First token', kind: 'moment', from: ttftMs, to: ttftMs };
  return after < 0 ? [...spans, moment] : spans.toSpliced(after, 0, moment);
}

/** The length that the bars are drawn to. ms, never 0 */
export const lengthOf = (spans: readonly Span[]): number => Math.max(0.001, ...spans.map(({ to }) => to));

import { expect, test } from 'bun:test';
import { lengthOf, spansOf } from './road.ts';

const steps = [
  { name: 'admit', ms: 0.2 },
  { name: 'reserve', ms: 1 },
  { name: 'upstream head', ms: 40 },
  { name: 'upstream end', ms: 400 },
  { name: 'settle', ms: 402 },
];

test('each step begins where the one before ended', () => {
  const spans = spansOf({ steps, durationMs: 402, failed: false });
  expect(spans.map(({ from, to }) => [from, to])).toEqual([
    [0, 0.2],
    [0.2, 1],
    [1, 40],
    [40, 400],
    [400, 402],
  ]);
  expect(lengthOf(spans)).toBe(402);
});

test('the first token stands where it came', () => {
  const names = spansOf({ steps, ttftMs: 55, durationMs: 402, failed: false }).map(({ name }) => name);
  expect(names.slice(-3)).toEqual(['First token', 'Relay the answer', 'Charge']);
});

test('a failure is in the step that followed the last one that was done', () => {
  const spans = spansOf({ steps: steps.slice(0, 2), durationMs: 30, failed: true });
  expect(spans.at(-1)).toEqual({ name: 'Wait for the upstream: failed', kind: 'failed', from: 1, to: 30 });
  const refused = spansOf({ steps: [], durationMs: 0.1, failed: true });
  expect(refused.map(({ name }) => name)).toEqual(['Authenticate and admit: failed']);
});

test('a client that left early is told from an answer', () => {
  const spans = spansOf({ steps: steps.slice(0, 3), durationMs: 90, failed: false });
  expect(spans.at(-1)).toMatchObject({ name: 'Relay the answer: client left', kind: 'left', from: 40, to: 90 });
});

test('a step that nobody named is shown by its own name', () => {
  expect(spansOf({ steps: [{ name: 'new step', ms: 3 }], durationMs: 3, failed: false })[0]?.name).toBe('new step');
});

test('no step at all is no division by nothing', () => {
  expect(lengthOf(spansOf({ steps: [], durationMs: 0, failed: false }))).toBeGreaterThan(0);
});

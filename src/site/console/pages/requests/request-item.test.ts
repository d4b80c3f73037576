import { expect, test } from 'bun:test';
import type { RecentRequest, UsageRow } from '../../api/rows.ts';
import { mergeRequests, type RequestFilters } from './request-item.ts';

const ALL: RequestFilters = { key: '', model: '', outcome: '', since: 0 };

const billed = (id: string, ms: number, changes: Partial<UsageRow> = {}) =>
  ({
    request_id: id,
    created_at: new Date(ms).toISOString(),
    api_key_id: 'key_a',
    model: 'm1',
    ending: 'complete',
    input_tokens: 10,
    cache_read_tokens: 5,
    cache_write_tokens: 1,
    output_tokens: 7,
    cost_usd: '0.01',
    ttft_ms: null,
    duration_ms: 3,
    ...changes,
  }) as UsageRow;

const unbilled = (id: string, endedAt: number, changes: Partial<RecentRequest> = {}) =>
  ({
    requestId: id,
    at: endedAt - 2,
    durationMs: 2,
    apiKeyId: 'key_a',
    asked: 'm1',
    model: 'm1',
    outcome: 'failed',
    ...changes,
  }) as RecentRequest;

const ids = (...input: Parameters<typeof mergeRequests>) => mergeRequests(...input).map(({ id }) => id);

test('what failed stands among what was billed, newest first', () => {
  expect(ids([billed('c', 300), billed('a', 100)], [unbilled('d', 400), unbilled('b', 200)], ALL, false)).toEqual([
    'd',
    'c',
    'b',
    'a',
  ]);
});

test('what failed before the oldest row that is loaded waits for the rows around it', () => {
  const rows = [billed('c', 300), billed('b', 200)];
  expect(ids(rows, [unbilled('a', 100)], ALL, true)).toEqual(['c', 'b']);
  expect(ids(rows, [unbilled('a', 100)], ALL, false)).toEqual(['c', 'b', 'a']);
});

test('filters hold for what failed as the ledger’s do for what was billed', () => {
  const failed = [unbilled('a', 100), unbilled('b', 200, { apiKeyId: 'key_b' })];
  expect(ids([], failed, { ...ALL, key: 'key_b' }, false)).toEqual(['b']);
  expect(ids([], failed, { ...ALL, since: 150 }, false)).toEqual(['b']);
  // The list was asked for a while ago: what has left the period since then is in it still.
  expect(ids([billed('1', 100), billed('2', 200)], [], { ...ALL, since: 150 }, false)).toEqual(['2']);
  expect(ids([], failed, { ...ALL, model: 'm2' }, false)).toEqual([]);
});

test('an outcome is told apart by what happened, not by the bill', () => {
  const rows = [billed('answered', 1), billed('left', 2, { ending: 'client_left' })];
  const others = [unbilled('failed', 3), unbilled('left-early', 4, { outcome: 'client_left_unbilled' })];
  const of = (outcome: RequestFilters['outcome']) => ids(rows, others, { ...ALL, outcome }, false);
  expect([of('answered'), of('left'), of('failed')]).toEqual([['answered'], ['left-early', 'left'], ['failed']]);
});

test('a model that does not exist is listed by the name that was asked for', () => {
  const stranger: Partial<RecentRequest> = { asked: 'nonsense' };
  const [item] = mergeRequests([], [{ ...unbilled('a', 1, stranger), model: undefined }], ALL, false);
  expect(item?.model).toBe('nonsense');
});

test('tokens of a billed request count every bucket', () => {
  expect(mergeRequests([billed('a', 1)], [], ALL, false)[0]?.billed).toEqual({ input: 16, output: 7, costUsd: '0.01' });
});

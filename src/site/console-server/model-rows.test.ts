import { expect, test } from 'bun:test';
import { loadCatalog } from '../../models/catalog.ts';
import type { RecentRequest } from '../../observability/recent-requests.ts';
import { modelRows } from './model-rows.ts';

const catalog = loadCatalog();
const options = { served: catalog.cards, simulated: false, upstreamsOf: () => ['deepseek'] };

const request = (requestId: string, status: number, errorCode?: string): RecentRequest =>
  ({ requestId, model: 'deepseek-v4-pro', at: 1, status, errorCode, errorMessage: errorCode }) as RecentRequest;

test('a model has the newest error of each kind, and counts since the start', () => {
  const unbilled = [
    request('req_5', 402, 'quota_exceeded'),
    request('req_3', 529, 'upstream_overloaded'),
    request('req_2', 402, 'quota_exceeded'),
    request('req_1', 499),
  ];
  const count = { model: 'deepseek-v4-pro', calls: 600, errors: { quota_exceeded: 3 } };
  const calls = [
    { ...count, apiKeyId: 'key_1' },
    { ...count, apiKeyId: 'key_2', errors: { quota_exceeded: 1, upstream_overloaded: 2 } },
    { ...count, apiKeyId: 'key_2', model: 'gpt-5-4' },
  ];
  const row = modelRows(catalog.cards, options, { calls, unbilled }, Date.now()).find(
    ({ id }) => id === 'deepseek-v4-pro',
  );
  expect(row?.recent).toEqual({ calls: 1200, errors: 6 });
  expect(row?.last_errors.map(({ request_id, code, count: times }) => [request_id, code, times])).toEqual([
    ['req_5', 'quota_exceeded', 4],
    ['req_3', 'upstream_overloaded', 2],
  ]);
});

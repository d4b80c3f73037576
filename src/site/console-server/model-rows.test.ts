import { expect, test } from 'bun:test';
import { loadCatalog } from '../../models/catalog.ts';
import type { RecentRequest } from '../../observability/recent-requests.ts';
import { modelRows } from './model-rows.ts';

const catalog = loadCatalog();
const options = { catalog, served: catalog.cards, simulated: false, upstreamsOf: () => ['deepseek'] };

const request = (requestId: string, status: number, errorCode?: string): RecentRequest =>
  ({ requestId, model: 'deepseek-v4-pro', at: 1, status, errorCode, errorMessage: errorCode }) as RecentRequest;

test('a model has the newest error of each kind, and how many there were of it', () => {
  const recent = [
    request('req_5', 402, 'quota_exceeded'),
    request('req_4', 200),
    request('req_3', 529, 'upstream_overloaded'),
    request('req_2', 402, 'quota_exceeded'),
    request('req_1', 402, 'quota_exceeded'),
  ];
  const row = modelRows(options, recent, Date.now()).find(({ id }) => id === 'deepseek-v4-pro');
  expect(row?.recent).toEqual({ calls: 5, errors: 4 });
  expect(row?.last_errors.map(({ request_id, code, count }) => [request_id, code, count])).toEqual([
    ['req_5', 'quota_exceeded', 3],
    ['req_3', 'upstream_overloaded', 1],
  ]);
});

import { expect, test } from 'bun:test';
import { GatewayError } from '../errors/catalogue.ts';
import { Notes } from '../protocols/wire.ts';
import type { Call } from './call.ts';
import { type EndedRequest, endedRequest, RecentRequests } from './recent.ts';

const ended = (requestId: string, rest: Partial<EndedRequest>): EndedRequest =>
  ({
    requestId,
    at: 0,
    apiKeyId: 'key_1',
    model: 'm',
    steps: {},
    changed: [],
    emulated: [],
    cost: undefined,
    ...rest,
  }) as EndedRequest;

test('what failed is kept however many billed requests follow, and every call is counted', () => {
  const recent = new RecentRequests();
  recent.add(ended('req_failed', { errorCode: 'quota_exceeded' }));
  recent.add(ended('req_left', {}));
  for (let at = 0; at < 600; at++) recent.add(ended(`req_${at}`, { cost: 1n }));
  recent.add(ended('req_of_other', { apiKeyId: 'key_2', cost: 1n }));
  recent.add(ended('req_lost', { model: undefined, errorCode: 'model_not_found' }));
  expect(recent.unbilled().map(({ requestId }) => requestId)).toEqual(['req_lost', 'req_left', 'req_failed']);
  expect([recent.find('req_failed')?.errorCode, recent.find('req_599')?.costUsd, recent.find('req_0')]).toEqual([
    'quota_exceeded',
    '0.000000001',
    undefined,
  ]);
  expect(recent.list()).toHaveLength(500);
  expect(recent.list()[0]?.requestId).toBe('req_lost');
  expect(recent.calls()).toEqual([
    { apiKeyId: 'key_1', model: 'm', calls: 602, errors: { quota_exceeded: 1 } },
    { apiKeyId: 'key_2', model: 'm', calls: 1, errors: {} },
  ]);
});

test('the newest 500 that failed are kept', () => {
  const recent = new RecentRequests();
  for (let at = 0; at < 510; at++) recent.add(ended(`req_${at}`, { errorCode: 'quota_exceeded' }));
  const ids = recent.unbilled().map(({ requestId }) => requestId);
  expect([ids.length, ids[0], ids.at(-1)]).toEqual([500, 'req_509', 'req_10']);
});

test('what is kept of a request is short, whatever the client put into names and an error tells of them', () => {
  const notes = new Notes();
  notes.changed.add('top_k');
  for (let i = 0; i < 1000; i++) notes.addClientName(`k${i}`);
  const long = '\ud83d\ude00'.repeat(10_000);
  const call = { id: 'req_1', startMs: 0, model: long, steps: {}, notes, elapsed: () => 1 };
  const error = new GatewayError('invalid_param', `Nothing answers ${long}.`);
  const kept = endedRequest(call as unknown as Call, { status: 400, outcome: 'failed', error });
  expect(JSON.stringify(kept).length).toBeLessThan(2_000);
  expect([kept.changed, kept.emulated, kept.asked, kept.errorMessage?.startsWith('Nothing answers ')]).toEqual([
    ['top_k', '+1000'],
    [],
    long.slice(0, 100),
    true,
  ]);
});

import { expect, test } from 'bun:test';
import { FailureTally } from './failure-tally.ts';

const HOUR = 3_600_000;
const failure = (at: number, code = 'rate_limit_exceeded') => ({ at, apiKeyId: 'key_1', model: 'm', code });

test('counts by hour and by what failed', () => {
  const tally = new FailureTally();
  tally.add(failure(5 * HOUR));
  tally.add(failure(5 * HOUR + 1));
  tally.add(failure(6 * HOUR));
  tally.add({ ...failure(6 * HOUR, 'invalid_api_key'), apiKeyId: undefined, model: undefined });
  expect(tally.list().map(({ hour, code, count }) => [hour / HOUR, code, count])).toEqual([
    [5, 'rate_limit_exceeded', 2],
    [6, 'rate_limit_exceeded', 1],
    [6, 'invalid_api_key', 1],
  ]);
});

test('forgets what is older than a month', () => {
  const tally = new FailureTally();
  tally.add(failure(0));
  tally.add(failure(31 * 24 * HOUR));
  expect(tally.list()).toHaveLength(2);
  tally.add(failure(31 * 24 * HOUR + HOUR));
  expect(tally.list().map(({ hour }) => hour / HOUR)).toEqual([31 * 24, 31 * 24 + 1]);
});

test('stays small, whatever is sent', () => {
  const tally = new FailureTally();
  for (let at = 0; at < 20_100; at++) tally.add({ ...failure(0), model: `m${at}` });
  expect(tally.list()).toHaveLength(20_000);
});

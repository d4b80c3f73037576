import { describe, expect, test } from 'bun:test';
import type { KeyRow } from '../../api/rows.ts';
import { changesBody, createBody, draftOf, fieldOf, newDraft, problemsOf, problemText } from './key-draft.ts';

describe('a new key', () => {
  test('is unlimited where nothing is typed', () => {
    expect(createBody({ ...newDraft(), name: ' prod ' })).toEqual({
      name: 'prod',
      group_id: 'default',
      models: [],
      on_limit: 'shrink',
      quota: '0',
      rate_limit_5h: '0',
      rate_limit_1d: '0',
      rate_limit_7d: '0',
      rpm: 0,
      tpm: 0,
      concurrency: 0,
      ip_whitelist: [],
      ip_blacklist: [],
      expires_in_days: 0,
    });
  });

  test('has what is typed, amounts as decimals and lists by line or comma', () => {
    const draft = {
      ...newDraft(),
      name: 'a',
      quota: ' 12.50 ',
      rate_limit_5h: '.5',
      rate_limit_1d: '3.',
      rpm: '60',
      ip_whitelist: '10.0.0.0/8, 203.0.113.7\n\n2001:db8::/32',
      expiry: 'days' as const,
      expires_in_days: '0.5',
      custom_key: ' sk-byts-one-of-my-own ',
    };
    expect(problemsOf(draft)).toEqual({});
    expect(createBody(draft)).toMatchObject({
      quota: '12.50',
      rate_limit_5h: '0.5',
      rate_limit_1d: '3',
      rpm: 60,
      ip_whitelist: ['10.0.0.0/8', '203.0.113.7', '2001:db8::/32'],
      expires_in_days: 0.5,
      custom_key: 'sk-byts-one-of-my-own',
    });
  });

  test.each([
    [{ name: ' ' }, 'name'],
    [{ quota: '-1' }, 'quota'],
    [{ quota: '1e3' }, 'quota'],
    [{ rate_limit_7d: '0.0000000001' }, 'rate_limit_7d'],
    [{ rpm: '1.5' }, 'rpm'],
    [{ expiry: 'days' as const, expires_in_days: '' }, 'expires_in_days'],
    [{ custom_key: 'too short' }, 'custom_key'],
  ])('%j is seen to be wrong', (changes, field) => {
    expect(Object.keys(problemsOf({ ...newDraft(), name: 'a', ...changes }))).toEqual([field]);
  });
});

test('an edited key sends only what was changed, so that changes of others stay', () => {
  const row = {
    name: 'prod',
    group_id: 'default',
    quota: '25',
    rate_limit_5h: '0',
    rate_limit_1d: '0',
    rate_limit_7d: '0',
    rpm: 60,
    tpm: 0,
    concurrency: 0,
    ip_whitelist: ['10.0.0.0/8'],
    ip_blacklist: [],
    models: [],
    on_limit: 'shrink',
  } as unknown as KeyRow;
  const before = draftOf(row);
  expect(changesBody(before, before)).toEqual({});
  const after = { ...before, quota: '', rpm: '90', ip_whitelist: '', expiry: 'never' as const };
  expect(changesBody(before, after)).toEqual({ quota: '0', rpm: 90, ip_whitelist: [], expires_in_days: 0 });
});

test('an error of the gateway finds its field', () => {
  expect(fieldOf('ip_whitelist[1]', newDraft())).toBe('ip_whitelist');
  expect(fieldOf('quota', newDraft())).toBe('quota');
  expect(fieldOf('elsewhere', newDraft())).toBeUndefined();
  expect(fieldOf(undefined, newDraft())).toBeUndefined();
});

test('a refused rule is named by its line, as it stands there', () => {
  const draft = { ...newDraft(), ip_whitelist: '\n10.0.0.1, ::1\n\n nowhere\n' };
  const message = 'ip_whitelist[2] is no address or range. Give IPv4 or IPv6.';
  expect(problemText(message, 'ip_whitelist[2]', draft)).toBe(
    'line 4: nowhere is no address or range. Give IPv4 or IPv6.',
  );
  expect(problemText('quota is no amount.', 'quota', draft)).toBe('quota is no amount.');
});

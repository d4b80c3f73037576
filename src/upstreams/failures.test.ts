import { expect, test } from 'bun:test';
import { failureOfErrorObject, failureOfResponse } from './failures.ts';
import type { Upstream } from './upstream.ts';

const upstream = { name: 'up', vendor: 'up', credential: 'upstream-secret' } as Upstream;

/** Code and text of the error that an error object in a stream becomes. */
function read(error: unknown): [code: string, message: string] {
  const { code, message } = failureOfErrorObject(upstream, error);
  return [code, message];
}

test('H08: codes of any type are read', () => {
  expect(read({ message: 'busy', code: 503 })).toEqual(['upstream_overloaded', 'The upstream is overloaded: busy']);
  expect(read({ message: 'busy', code: '529' })[0]).toBe('upstream_overloaded');
  expect(read({ message: 'slow', code: 504 })[0]).toBe('upstream_timeout');
  for (const code of [null, undefined, true, {}, [], 500, 'server_error']) {
    expect(read({ message: 'boom', code })).toEqual(['upstream_error', 'The upstream failed: boom']);
  }
});

test('H11: type, code and words of an error in a stream decide what the client is told', () => {
  expect(read({ type: 'overloaded_error', message: 'Overloaded' })[0]).toBe('upstream_overloaded');
  expect(read({ type: 'rate_limit_error', message: 'x' })[0]).toBe('upstream_overloaded');
  expect(read({ type: 'timeout_error', message: 'x' })[0]).toBe('upstream_timeout');
  expect(read({ type: 'api_error', message: 'Internal' })).toEqual(['upstream_error', 'The upstream failed: Internal']);
  expect(read('just words')[1]).toBe('The upstream failed: just words');
  expect(read({ message: 'key upstream-secret of org-abcdefgh12' })[1]).toBe(
    'The upstream failed: key [redacted] of [redacted]',
  );
  expect(read({ message: 'project proj_abc123 of organization `org-x1`, in acct_7' })[1]).toBe(
    'The upstream failed: project [redacted] of organization `[redacted]`, in [redacted]',
  );
});

test('retry-after of an upstream is told as it gave it, a date in seconds, nonsense not at all', () => {
  const wait = (value: string | undefined, status = 429): number | undefined => {
    const headers = new Headers(value === undefined ? {} : { 'retry-after': value });
    return failureOfResponse(upstream, status, headers, '').details.retryAfterSeconds;
  };
  for (const status of [429, 503, 529]) expect(wait('300', status)).toBe(300);
  expect(wait('0')).toBe(0);
  expect(wait('7.2')).toBe(8);
  expect(wait('86400')).toBe(86_400);
  const inAnHour = wait(new Date(Date.now() + 3_600_000).toUTCString())!;
  expect(inAnHour).toBeGreaterThan(3590);
  expect(inAnHour).toBeLessThanOrEqual(3600);
  expect(wait('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(0);
  for (const nonsense of [undefined, '', 'soon', '-5', '1e3', '0x10', '12, 13', '9'.repeat(30), 'May', 'Xyz, 99 GMT']) {
    expect([nonsense, wait(nonsense)]).toEqual([nonsense, undefined]);
  }
});

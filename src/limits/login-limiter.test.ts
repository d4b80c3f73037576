import { describe, expect, test } from 'bun:test';
import { LoginLimiter } from './login-limiter.ts';

describe('login limiter', () => {
  const failTimes = (limiter: LoginLimiter, ip: string, times: number, now: number) => {
    for (let n = 0; n < times; n++) limiter.failed(ip, now);
  };

  test('blocks after ten failures, for a minute at most', () => {
    const limiter = new LoginLimiter();
    failTimes(limiter, '203.0.113.7', 9, 1_000_000);
    expect(limiter.blockedFor('203.0.113.7', 1_000_000)).toBeUndefined();
    failTimes(limiter, '203.0.113.7', 1, 1_000_000);
    expect(limiter.blockedFor('203.0.113.7', 1_000_000)).toBe(60);
    expect(limiter.blockedFor('203.0.113.8', 1_000_000)).toBeUndefined();
    expect(limiter.blockedFor('203.0.113.7', 1_060_000)).toBeUndefined();
  });

  test('an IPv6 network is one address', () => {
    const limiter = new LoginLimiter();
    for (let n = 0; n < 10; n++) limiter.failed(`2001:db8:1:2::${n}`, 0);
    expect(limiter.blockedFor('2001:db8:1:2:ffff::9', 0)).toBe(60);
    expect(limiter.blockedFor('2001:db8:1:3::1', 0)).toBeUndefined();
  });

  test('knows who has been there', () => {
    const limiter = new LoginLimiter();
    limiter.succeeded('203.0.113.7', 'adm_1');
    expect(limiter.knows('203.0.113.7', 'adm_1')).toBe(true);
    expect(limiter.knows('203.0.113.7', 'adm_2')).toBe(false);
    expect(limiter.knows('203.0.113.8', 'adm_1')).toBe(false);
  });
});

import { describe, expect, spyOn, test } from 'bun:test';
import { LoginLimiter } from './login-limiter.ts';

describe('login limiter', () => {
  const failTimes = (limiter: LoginLimiter, ip: string, times: number) => {
    for (let n = 0; n < times; n++) limiter.failed(ip);
  };

  test('blocks after ten failures, for a minute at most', () => {
    let now = 1_000_000;
    const limiter = new LoginLimiter(() => now);
    failTimes(limiter, '203.0.113.7', 9);
    expect(limiter.blockedFor('203.0.113.7')).toBeUndefined();
    failTimes(limiter, '203.0.113.7', 1);
    expect(limiter.blockedFor('203.0.113.7')).toBe(60);
    expect(limiter.blockedFor('203.0.113.8')).toBeUndefined();
    now += 60_000;
    expect(limiter.blockedFor('203.0.113.7')).toBeUndefined();
  });

  test('for no longer where the time of day steps back', () => {
    const day = spyOn(Date, 'now');
    try {
      const limiter = new LoginLimiter();
      day.mockReturnValue(1_790_000_000_000);
      failTimes(limiter, '203.0.113.7', 10);
      day.mockReturnValue(1_790_000_000_000 - 3_600_000);
      expect(limiter.blockedFor('203.0.113.7')).toBeLessThanOrEqual(60);
    } finally {
      day.mockRestore();
    }
  });

  test('an IPv6 network is one address', () => {
    const limiter = new LoginLimiter();
    for (let n = 0; n < 10; n++) limiter.failed(`2001:db8:1:2::${n}`);
    expect(limiter.blockedFor('2001:db8:1:2:ffff::9')).toBe(60);
    expect(limiter.blockedFor('2001:db8:1:3::1')).toBeUndefined();
  });

  test('knows who has been there', () => {
    const limiter = new LoginLimiter();
    limiter.succeeded('203.0.113.7', 'adm_1');
    expect(limiter.knows('203.0.113.7', 'adm_1')).toBe(true);
    expect(limiter.knows('203.0.113.7', 'adm_2')).toBe(false);
    expect(limiter.knows('203.0.113.8', 'adm_1')).toBe(false);
  });
});

import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../errors/catalogue.ts';
import { checkIpRules, compileIpRules } from './ip-rules.ts';

describe('IP rules', () => {
  test.each([
    [[], [], '203.0.113.7', true],
    [['203.0.113.7'], [], '203.0.113.7', true],
    [['203.0.113.7'], [], '203.0.113.8', false],
    [['10.0.0.0/8'], [], '10.255.255.255', true],
    [['10.0.0.0/8'], [], '11.0.0.0', false],
    [['10.0.0.0/8'], ['10.1.0.0/16'], '10.1.2.3', false],
    [['10.0.0.0/8'], ['10.1.0.0/16'], '10.2.2.3', true],
    [[], ['0.0.0.0/0'], '8.8.8.8', false],
    [[], ['0.0.0.0/0'], '2001:db8::1', true],
    [['2001:db8::/32'], [], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], [], '2001:db9::1', false],
    [['::1'], [], '0:0:0:0:0:0:0:1', true],
    [['127.0.0.1'], [], '::ffff:127.0.0.1', true],
    [['::ffff:10.0.0.0/104'], [], '10.9.9.9', true],
    [['10.0.0.0/8'], [], 'unknown', false],
    [[], ['10.0.0.0/8'], '', false],
    [['203.0.113.0/31'], [], '203.0.113.1', true],
    [['::/0'], [], '203.0.113.1', false],
    [[], ['::/0'], '203.0.113.1', true],
    [[], ['::/0'], '2001:db8::1', false],
    [['10.0.0.0/8'], [], '::ffff:a00:1', true],
    [['::ffff:a00:0/104'], [], '10.9.9.9', true],
    [['0:0:0:0:0:ffff:10.0.0.1'], [], '10.0.0.1', true],
    [['fe80::/10'], [], 'fe80::1%eth0', true],
    [['203.0.113.0/31'], [], '203.0.113.2', false],
  ])('allow %j deny %j: %s → %p', (allow, deny, ip, expected) => {
    expect(compileIpRules(allow, deny).allows(ip)).toBe(expected);
  });

  test.each(['10.0.0.0/33', '10.0.0', 'example.com', '::/129', '', '10.0.0.0/8/8', '1.2.3.4/-1'])(
    'refuses %j',
    (rule) => {
      expect(() => checkIpRules(['10.0.0.1', rule], 'ip_whitelist')).toThrow(GatewayError);
      try {
        checkIpRules(['10.0.0.1', rule], 'ip_whitelist');
      } catch (error) {
        expect((error as GatewayError).details.param).toBe('ip_whitelist[1]');
      }
    },
  );
});

import { expect, test } from 'bun:test';
import { clientAddress } from './client-address.ts';

test.each([
  ['127.0.0.1', '203.0.113.5', '203.0.113.5'],
  ['127.0.0.1', '203.0.113.5, 10.9.1.1', '203.0.113.5'],
  ['127.0.0.1', '8.8.8.8, 203.0.113.5', '203.0.113.5'],
  ['127.0.0.1', '203.0.113.5:4711', '203.0.113.5'],
  ['127.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
  ['127.0.0.1', '[2001:db8::1]', '2001:db8::1'],
  ['::ffff:127.0.0.1', '::ffff:203.0.113.5', '203.0.113.5'],
  ['127.0.0.1', 'nonsense', '127.0.0.1'],
  ['127.0.0.1', '', '127.0.0.1'],
  ['127.0.0.1', null, '127.0.0.1'],
  ['10.9.0.1', '10.9.0.2', '10.9.0.2'],
  // Not a trusted proxy: what it says is its own affair.
  ['198.51.100.1', '203.0.113.5', '198.51.100.1'],
])('behind trusted proxies %s with %j is %s', (peer, forwardedFor, expected) => {
  expect(clientAddress(['127.0.0.0/8', '10.9.0.0/16'])(peer, forwardedFor)).toBe(expected);
});

test('without trusted proxies nobody is believed', () => {
  expect(clientAddress([])('::ffff:198.51.100.1', '203.0.113.5')).toBe('198.51.100.1');
});

import { expect, test } from 'bun:test';
import { clientAddress, isLoopback } from './client-address.ts';

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

test('this machine alone is known by every spelling', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1', '::FFFF:7f00:1'])
    expect([host, isLoopback(host)]).toEqual([host, true]);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.example.com', '::ffff:10.0.0.1', 'localhost.example.com'])
    expect([host, isLoopback(host)]).toEqual([host, false]);
});

test('without trusted proxies nobody is believed', () => {
  expect(clientAddress([])('::ffff:198.51.100.1', '203.0.113.5')).toBe('198.51.100.1');
});

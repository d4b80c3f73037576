import { expect, test } from 'bun:test';
import { Sessions } from './sessions.ts';

const holder = (kind: 'admin' | 'key', name: string) => ({
  kind,
  name,
  keyId: kind === 'key' ? `key_${name}` : undefined,
  secret: `secret of ${name}`,
});

test('whoever logs in again and again logs out nobody else', () => {
  const sessions = new Sessions();
  const admin = sessions.open(holder('admin', 'operator'), 0);
  const neighbour = sessions.open(holder('key', 'neighbour'), 1);
  const flood = Array.from({ length: 12_000 }, (_, at) => sessions.open(holder('key', 'customer'), at + 2));
  expect(sessions.find(admin, 30_000)?.name).toBe('operator');
  expect(sessions.find(neighbour, 30_000)?.name).toBe('neighbour');
  // Of one holder's the newest stay.
  expect(flood.filter((id) => sessions.find(id, 30_000) !== undefined)).toEqual(flood.slice(-100));
});

test('a holder’s session that is in use outlasts those that are not', () => {
  const sessions = new Sessions();
  const used = sessions.open(holder('key', 'customer'), 0);
  for (let at = 1; at < 300; at++) {
    sessions.find(used, at);
    sessions.open(holder('key', 'customer'), at);
  }
  expect(sessions.find(used, 300)).toBeDefined();
  expect(sessions.size).toBe(100);
});

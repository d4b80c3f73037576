import { expect, test } from 'bun:test';
import { NO_LIMITS } from '../keys/key-service.ts';
import { AdminBench } from './test-bench.ts';

const bench = new AdminBench();
const { ask } = bench;

test.each(['a\u0000b', 'a\ud800', '\udc00a', 'a\u001b[2J', 'a\nb', 'a\u0085'])(
  'a text with %j in it is refused',
  async (text) => {
    for (const [path, param, body] of [
      ['/api/v1/keys', 'name', { name: text }],
      ['/api/v1/keys', 'ip_whitelist', { name: 'k', ip_whitelist: ['10.0.0.1', text] }],
      ['/api/v1/groups', 'name', { id: 'g', name: text }],
      ['/api/v1/wallet/topups', 'idempotency_key', { amount_usd: '1', idempotency_key: text }],
    ] as const) {
      const answer = await ask('POST', path, { body });
      expect([answer.status, answer.body.error.param]).toEqual([400, param]);
      expect(answer.body.error.message).toStartWith(`${param} must be one line of text: `);
    }
    expect((await ask('POST', '/api/v1/keys', { body: { name: 'Zoë 😀' } })).body.name).toBe('Zoë 😀');
  },
);

test('a name of before that is sent back unchanged does not stand in the way of a change', async () => {
  const actor = { name: 'admin', ip: '' };
  const { key } = await bench.money.keys.create({ ...NO_LIMITS, name: 'a\nb' }, undefined, actor);
  const put = (body: object) => ask('PUT', `/api/v1/keys/${key.id}`, { body });
  expect(await put({ name: 'a\nb', quota: 6 })).toMatchObject({ status: 200, body: { name: 'a\nb', quota: '6' } });
  expect((await put({ name: 'a\nc' })).body.error.param).toBe('name');
  const group = { name: 'c\td', models: undefined, multiplier: '1', exclusive: false };
  await bench.money.groups.create('old', group, actor);
  expect((await ask('PUT', '/api/v1/groups/old', { body: { name: 'c\td', multiplier: '2' } })).status).toBe(200);
});

test('a note may have lines, and no other control character', async () => {
  const topUp = (note: string) =>
    ask('POST', '/api/v1/wallet/topups', { body: { amount_usd: '1', note, idempotency_key: 'lines' } });
  const note = 'invoice 7\r\n\tpaid\n';
  expect(await topUp(note)).toMatchObject({ status: 201, body: { note, repeated: false } });
  expect(await topUp(note)).toMatchObject({ status: 200, body: { note, repeated: true } });
  for (const unfit of ['a\u001b[2J', 'a\u0000', 'a\u0085', 'a\ud800']) {
    const { error } = (await topUp(unfit)).body;
    expect([error.param, error.message]).toEqual(['note', expect.stringContaining('in lines if need be')]);
  }
});

test('amounts that are sent as numbers are taken to the last digit', async () => {
  const { status, body } = await ask('POST', '/api/v1/keys', {
    body: '{"name":"k","quota":12345678.123456789,"rpm":5}',
  });
  expect([status, body.quota, body.rpm]).toEqual([201, '12345678.123456789', 5]);
  const tooLong = await ask('POST', '/api/v1/keys', { body: '{"name":"k","rpm":1234567890123456789}' });
  expect([tooLong.status, tooLong.body.error.param]).toEqual([400, 'rpm']);
  // As languages write a double that is a thousandth of a day.
  const soon = await ask('POST', '/api/v1/keys', { body: '{"name":"k","expires_in_days":1.7361111111111111e-05}' });
  expect(soon.status).toBe(201);
});

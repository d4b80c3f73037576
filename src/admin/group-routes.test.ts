import { describe, expect, test } from 'bun:test';
import { AdminBench } from './test-bench.ts';

const bench = new AdminBench();
const { ask } = bench;

describe('groups', () => {
  test('reach models and multiply prices', async () => {
    const body = { id: 'cheap', models: ['m1'], multiplier: 0.8, exclusive: true };
    expect((await ask('POST', '/api/v1/groups', { body })).body).toMatchObject({ ...body, multiplier: '0.8' });
    expect((await ask('POST', '/api/v1/groups', { body })).status).toBe(409);
    const { body: made } = await ask('POST', '/api/v1/keys', { body: { name: 'a', group_id: 'cheap' } });
    const reaches = (id: string) => bench.money.mayUse(bench.money.findKey(made.key) as never, id);
    expect([reaches('m1'), reaches('m2')]).toEqual([true, false]);
    await ask('PUT', '/api/v1/groups/cheap', { body: { models: null } });
    expect(reaches('m2')).toBe(true);
    expect((await ask('GET', '/api/v1/groups')).body.data.map(({ id }: { id: string }) => id)).toEqual([
      'default',
      'cheap',
    ]);
    const small = { id: 'small', multiplier: 0.0000001 };
    expect((await ask('POST', '/api/v1/groups', { body: small })).body.multiplier).toBe('0.0000001');
    for (const wrong of [{ multiplier: '-1' }, { multiplier: '1e3' }, { models: ['gpt-9'] }, { id: 'new' }]) {
      expect((await ask('PUT', '/api/v1/groups/cheap', { body: wrong })).status).toBe(400);
    }
  });
});

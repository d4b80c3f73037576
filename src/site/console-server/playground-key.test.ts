import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlaygroundKey } from './playground-key.ts';

const CALL = { token: 'admin', ip: '127.0.0.1', host: '127.0.0.1' };

let dataFolder: string;
let keys: Map<string, { name: string; status: string; rotations: number }>;

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'bytespike-playground-'));
  // A client's key may have any name.
  keys = new Map([['key_client', { name: 'console-playground', status: 'active', rotations: 0 }]]);
});
afterEach(() => rm(dataFolder, { recursive: true }));

/** The management API's keys, as far as they are asked for here. */
async function admin(request: Request): Promise<Response> {
  const [, id = '', act] = /^\/api\/v1\/keys(?:\/(\w+)(\/rotate)?)?$/.exec(new URL(request.url).pathname) ?? [];
  if (request.method === 'POST' && act === undefined) {
    const made = `key_${keys.size}`;
    keys.set(made, { ...((await request.json()) as { name: string }), status: 'active', rotations: 0 });
    return Response.json({ id: made, key: `${made} 0` }, { status: 201 });
  }
  const key = keys.get(id);
  if (key === undefined) return Response.json({}, { status: 404 });
  if (act === undefined) return Response.json({ id, status: key.status });
  key.rotations++;
  return Response.json({ id, key: `${id} ${key.rotations}` });
}

/** As after a start of the gateway. */
const started = () => new PlaygroundKey({ admin, dataFolder });

test('the key is made once, kept over starts, and is never a client’s of the same name', async () => {
  const first = started();
  expect([await first.secret(CALL), await first.secret(CALL)]).toEqual(['key_1 0', 'key_1 0']);
  expect(await started().secret(CALL)).toBe('key_1 1');
  expect(keys.get('key_client')?.rotations).toBe(0);
});

test('a key that was revoked or is not known is made anew', async () => {
  await started().secret(CALL);
  keys.set('key_1', { name: 'console-playground', status: 'revoked', rotations: 0 });
  expect(await started().secret(CALL)).toBe('key_2 0');
  keys.delete('key_2');
  expect(await started().secret(CALL)).toBe('key_2 0');
});

import { describe, expect, spyOn, test } from 'bun:test';
import { readdir, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openMoney } from '../billing/index.ts';
import { StorageError } from '../storage/store.ts';
import { AdminBench, KEY, SOCKET } from './test-bench.ts';

const bench = new AdminBench();
const { ask, call } = bench;

describe('maintenance', () => {
  test('is for the machine itself', async () => {
    expect((await ask('GET', '/api/v1/doctor')).status).toBe(403);
    expect((await ask('POST', '/api/v1/backup')).status).toBe(403);
  });

  test('the doctor says that the books are right', async () => {
    await call(KEY);
    expect((await ask('GET', '/api/v1/doctor', { peer: SOCKET })).body).toEqual<object>({
      ok: true,
      charges_checked: 1,
      faults: [],
      warnings: [],
    });
  });

  test('a backup opens as a database of its own', async () => {
    await call(KEY);
    const { status, body } = await ask('POST', '/api/v1/backup', { peer: SOCKET });
    expect(status).toBe(201);
    expect((await stat(body.path)).mode & 0o777).toBe(0o600);
    const path = join(bench.folder, 'copy', 'bytespike.db');
    await Bun.write(path, Bun.file(body.path));
    const copy = await openMoney({ dataFolder: join(bench.folder, 'copy'), creditUsd: '0' });
    expect(copy.walletStatus().spent).toBe(400n);
    await copy.close();
    for (const path of [join(String(body.path), 'in-a-file.db'), join(String(body.path), '..', 'nowhere', 'copy.db')]) {
      const nowhere = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path } });
      expect([nowhere.status, nowhere.body.error.param]).toEqual([400, 'path']);
      expect(nowhere.body.error.message).toContain('a folder that exists');
    }
    const full = spyOn(bench.money, 'backup').mockImplementation(async (to) => {
      for (const file of [to, `${to}-journal`]) await Bun.write(file, 'a part');
      throw new StorageError('unavailable', 'SQLITE_FULL');
    });
    const before = await readdir(dirname(body.path));
    const half = join(dirname(body.path), 'half.db');
    const failed = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: half } });
    full.mockRestore();
    expect([failed.status, failed.body.error.message]).toEqual([503, expect.stringContaining('Is there room')]);
    expect(await readdir(dirname(body.path))).toEqual(before);
    // The operator reads of it.
    expect(bench.faults.splice(0)).toHaveLength(1);
    for (const path of [dirname(body.path), `${dirname(body.path)}/`]) {
      const aFolder = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path } });
      expect([path, aFolder.status, aFolder.body.error.param]).toEqual([path, 409, 'path']);
    }
    const dangling = join(dirname(body.path), 'link.db');
    await symlink('nowhere.db', dangling);
    expect((await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: dangling } })).status).toBe(409);
    const long = join(dirname(body.path), `${'x'.repeat(240)}.db`);
    const both = await Promise.all(
      [1, 2].map(() => ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: long } })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
    const again = await ask('POST', '/api/v1/backup', { peer: SOCKET, body: { path: body.path } });
    expect([again.status, again.body.error.param]).toEqual([409, 'path']);
  });

  test('a backup stands although the database is too full for its audit row', async () => {
    const full = spyOn(bench.money.store, 'write').mockRejectedValue(new StorageError('unavailable', 'SQLITE_FULL'));
    const { status, body } = await ask('POST', '/api/v1/backup', { peer: SOCKET });
    full.mockRestore();
    expect([status, body.warnings]).toEqual([201, [expect.stringContaining('audit log has no row')]]);
    expect((await stat(body.path)).size).toBe(body.bytes);
    expect(bench.faults.splice(0)).toHaveLength(1);
    expect((await ask('POST', '/api/v1/backup', { peer: SOCKET })).body.warnings).toEqual([]);
  });

  test('an audit row speaks as the API does: its names, USD, instants', async () => {
    const limits = { quota: '12.5', rate_limit_5h: '0.000000001', ip_whitelist: ['10.0.0.0/8'] };
    const { body: key } = await ask('POST', '/api/v1/keys', { body: { name: 'k', ...limits } });
    await ask('PUT', `/api/v1/keys/${key.id}`, { body: { quota: 3 } });
    const { data } = (await ask('GET', '/api/v1/audit?action=key.update')).body;
    expect(data[0]!.before).toMatchObject({ ...limits, group_id: 'default', created_at: key.created_at });
    expect(data[0]!.after).toMatchObject({ ...limits, quota: '3' });
  });
});

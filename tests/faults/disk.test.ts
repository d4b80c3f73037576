import { afterAll, expect, test } from 'bun:test';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanUp, serving, workingFolder } from '../support/gateway-process.ts';

afterAll(cleanUp);

test('why nothing can be written is told in the log and by a 503, and that it can be again', async () => {
  const key = 'sk-byts-a-bootstrap-key-of-thirty-two-characters';
  const folder = await workingFolder();
  const gateway = await serving(folder, { BYTESPIKE_BOOTSTRAP_KEY: key });
  const call = async (): Promise<number> => {
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'deepseek-v4-pro', messages: [{ role: 'user', content: 'hi' }] }),
    });
    await answer.text();
    return answer.status;
  };
  const ready = async (): Promise<number> => (await fetch(`${gateway.url}/readyz`)).status;
  expect([await call(), await ready()]).toEqual([200, 200]);
  const file = join(folder, 'data', 'bytespike.db');
  await rename(file, `${file}.gone`);
  while ((await ready()) === 200) await Bun.sleep(20);
  expect(await call()).toBe(503);
  expect(JSON.parse(await gateway.line(/"storage.health"/))).toMatchObject({
    level: 'error',
    note: expect.stringMatching(/^refuses writes: the database file was replaced or removed/),
  });
  await rename(`${file}.gone`, file);
  await gateway.line(/writes again/);
  expect([await call(), await ready()]).toEqual([200, 200]);
});

import { afterAll, expect, test } from 'bun:test';
import { cleanUp, serving, workingFolder } from '../support/gateway-process.ts';
import { chatAnswer, scriptedUpstream } from '../support/scripted-upstream.ts';

afterAll(cleanUp);

const KEY = 'sk-byts-a-bootstrap-key-of-thirty-two-characters';

test('file descriptors that run out are told in the log, once, and low ones at the start', async () => {
  await using upstream = await scriptedUpstream();
  upstream.otherwise(chatAnswer([{ id: 'x', choices: [{ index: 0, delta: { content: 'hi' } }] }, 'stall']));
  const settings = { BYTESPIKE_BOOTSTRAP_KEY: KEY, DEEPSEEK_API_KEY: 'x', DEEPSEEK_BASE_URL: upstream.url };
  const gateway = await serving(await workingFolder(), settings, 'ulimit -n 64');
  expect(JSON.parse(await gateway.line(/process.few_descriptors/))).toMatchObject({ level: 'warn', count: 64 });

  const left = new AbortController();
  const refused = Promise.withResolvers<string>();
  const call = async () => {
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'deepseek-v4-pro', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
      signal: left.signal,
    });
    const text = await answer.text();
    if (answer.status === 503) refused.resolve(text);
  };
  const calls = Promise.allSettled(Array.from({ length: 80 }, call));
  expect(await refused.promise).toContain('no room for another connection');
  expect(JSON.parse(await gateway.line(/process.descriptors_used_up/))).toMatchObject({ level: 'error' });
  left.abort();
  await calls;
  gateway.kill('SIGKILL');
  expect((await gateway.stderr()).split('process.descriptors_used_up')).toHaveLength(2);
});

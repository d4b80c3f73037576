import { afterAll, expect, test as testAnywhere } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { cleanUp, serving, workingFolder } from '../support/gateway-process.ts';
import { type RawClient, rawClient, rawRequest, wholeAnswer } from '../support/raw-client.ts';
import { chatAnswer, scriptedUpstream } from '../support/scripted-upstream.ts';

afterAll(cleanUp);

/** What is open is counted there: skipped where there is no such folder. */
const test = testAnywhere.skipIf(!existsSync('/proc/self/fd'));

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

test('what is first asked for while none is left works once some are free again', async () => {
  const token = 'an-admin-token-of-thirty-two-characters';
  const settings = { BYTESPIKE_BOOTSTRAP_KEY: KEY, BYTESPIKE_ADMIN_TOKEN: token, BYTESPIKE_LOG: 'debug' };
  const gateway = await serving(await workingFolder(), settings, 'ulimit -n 64');
  await gateway.line(/rooms.loaded/);
  const asked = ['/api/v1/keys', '/docs', '/console/api/session'].map(
    (path) => `GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`,
  );
  const clients = asked.map(() => rawClient(gateway.url));
  const others = await useUp(gateway.pid, gateway.url);
  for (const [at, request] of asked.entries()) {
    clients[at]!.send(request);
    await clients[at]!.received(wholeAnswer);
  }
  for (const client of [...others, ...clients]) client.reset();
  while (openOf(gateway.pid) > 50) await Bun.sleep(2);
  for (const request of asked) {
    using client = rawClient(gateway.url);
    client.send(request);
    expect(await client.received(wholeAnswer)).not.toMatch(/^HTTP\/1.1 5/);
  }
});

test('a thread that is wanted while none is left is not worth the process', async () => {
  await using upstream = await scriptedUpstream();
  upstream.otherwise(
    chatAnswer([{ id: 'x', choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: 'stop' }] }]),
  );
  const settings = { BYTESPIKE_BOOTSTRAP_KEY: KEY, OPENAI_API_KEY: 'x', OPENAI_BASE_URL: upstream.url };
  const gateway = await serving(await workingFolder(), settings, 'ulimit -n 64');
  // Its earlier turn is looked up, by a thread that nobody has needed before.
  const call = JSON.stringify({
    model: 'gpt-5.4',
    max_tokens: 50,
    stream: true,
    messages: [
      { role: 'user', content: 'a' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content: 'x' }] },
    ],
    tools: [{ name: 'f', input_schema: { type: 'object' } }],
  });
  const ask = async (client: RawClient, path = '/v1/messages'): Promise<string> => {
    client.send(rawRequest(path, { 'x-api-key': KEY }, call));
    return client.received((text) => wholeAnswer(text) || text.includes('message_stop'));
  };
  using client = rawClient(gateway.url);
  using counting = rawClient(gateway.url);
  const others = await useUp(gateway.pid, gateway.url);
  expect(await ask(counting, '/v1/messages/count_tokens')).toMatch(/^HTTP\/1.1 503/);
  await gateway.line(/process.descriptors_used_up/);
  expect(await ask(client)).toMatch(/^HTTP\/1.1 503/);
  for (const other of others) other.reset();
  while (openOf(gateway.pid) > 50) await Bun.sleep(2);
  using later = rawClient(gateway.url);
  expect(await ask(later)).toContain('message_stop');
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toBe(0);
});

const openOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Connections until the process can open nothing more. */
async function useUp(pid: number, url: string): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (openOf(pid) < 64) {
    clients.push(rawClient(url));
    await Bun.sleep(2);
  }
  return clients;
}

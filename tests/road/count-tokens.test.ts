import { expect, test } from 'bun:test';
import { connect } from 'node:net';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { jsonAnswer, type ScriptedAnswer, scriptedUpstream } from '../support/scripted-upstream.ts';

function count(gateway: TestGateway, body: object): Promise<Response> {
  return fetch(`${gateway.url}/v1/messages/count_tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
    body: JSON.stringify(body),
  });
}

const messages = [{ role: 'user', content: 'Hello, ByteSpike.' }];

test('asks the upstream that counts, and says when it had to estimate (K01, K04)', async () => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  upstream.enqueue(jsonAnswer({ input_tokens: 2095 }), jsonAnswer({ error: {} }, 500));
  const exact = await count(gateway, { model: 'claude-opus-4-8', messages, max_tokens: 5, stream: true });
  expect(await exact.json()).toEqual({ input_tokens: 2095 });
  expect(exact.headers.get('x-bytespike-tokens')).toBeNull();
  const facts = ({ headers }: Response) => [headers.get('x-bytespike-upstream'), headers.get('x-bytespike-cost-usd')];
  expect(facts(exact)).toEqual(['anthropic', '0']);
  expect(upstream.requests[0]!.path).toBe('/v1/messages/count_tokens');
  expect(upstream.requests[0]!.json()).toEqual({ model: 'claude-opus-4-8', messages });
  const estimated = await count(gateway, { model: 'claude-opus-4-8', messages });
  expect(estimated.headers.get('x-bytespike-tokens')).toBe('estimated');
  expect(facts(estimated)).toEqual(['anthropic', '0']);
  await using other = await testGateway({ upstream: upstream.url });
  expect(facts(await count(other, { model: 'deepseek-v4-pro', messages }))).toEqual(['deepseek', '0']);
  expect(gateway.money.charged).toEqual([]);
  expect(gateway.money.admitted).toBe(0);
});

test('asks also for a conversation that it would not go on from', async () => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  upstream.enqueue(jsonAnswer({ input_tokens: 2095 }));
  const begun = [...messages, { role: 'assistant', content: 'Once' }];
  const response = await count(gateway, { model: 'claude-opus-4-8', messages: begun });
  expect(await response.json()).toEqual({ input_tokens: 2095 });
  expect(upstream.requests[0]!.json()).toEqual({ model: 'claude-opus-4-8', messages: begun });
});

test('counts tools, system and results too (K02), and wants a model that exists', async () => {
  await using gateway = await testGateway();
  const tokens = async (body: object) =>
    ((await (await count(gateway, { model: 'deepseek-v4-pro', messages, ...body })).json()) as { input_tokens: number })
      .input_tokens;
  const bare = await tokens({});
  const tools = [
    {
      name: 'get_weather',
      description: 'Tells the weather of a city.',
      input_schema: { type: 'object', properties: { city: { type: 'string' } } },
    },
  ];
  expect(await tokens({ system: 'You are a very polite assistant.' })).toBeGreaterThan(bare);
  expect(await tokens({ tools })).toBeGreaterThan(bare + 50);
  expect((await count(gateway, { model: 'nope', messages })).status).toBe(404);
});

test('does not wait for an upstream that stalls, before its head or after it', async () => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({
    upstream: upstream.url,
    vendor: 'anthropic',
    protocols: ['messages'],
    config: { timeouts: { connectMs: 1_000, firstByteMs: 100, idleMs: 60_000, clientStallMs: 60_000 } },
  });
  const stalled: ScriptedAnswer[] = [
    { before: ['stall'] },
    { ...jsonAnswer({}), body: ['{"input_', 'stall'], framing: 'chunked' },
  ];
  for (const answer of stalled) {
    upstream.enqueue(answer);
    const estimated = await count(gateway, { model: 'claude-opus-4-8', messages });
    expect([estimated.status, estimated.headers.get('x-bytespike-tokens')]).toEqual([200, 'estimated']);
  }
});

test('wants a model as any call does', async () => {
  await using gateway = await testGateway();
  for (const [model, problem] of [
    [undefined, 'is missing'],
    [3, 'must be a string'],
    ['', 'must be a string'],
  ]) {
    const response = await count(gateway, { model, messages });
    const { error } = (await response.json()) as { error: { type: string; message: string } };
    expect([response.status, error.type]).toEqual([400, 'invalid_request_error']);
    expect(error.message).toContain(String(problem));
  }
});

test('is refused for a model that the key may not use: nothing goes upstream for it', async () => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  gateway.money.mayUse = () => false;
  const response = await count(gateway, { model: 'claude-opus-4-8', messages });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'permission_error' } });
  expect(upstream.requests).toEqual([]);
});

test('what names state in the account is refused as a request is: nothing goes upstream for it', async () => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  const file = { type: 'document', source: { type: 'file', file_id: 'file_1' } };
  const asking: [param: string, fields: object][] = [
    ['file_id', { messages: [{ role: 'user', content: [file] }] }],
    ['file_id', { system: [file] }],
    ['container', { container: 'c' }],
    ['mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://mcp.example', name: 'm' }] }],
    ['tools[0]', { tools: [{ type: 'code_execution_20250825', name: 'code_execution' }] }],
  ];
  for (const [param, fields] of asking) {
    const response = await count(gateway, { model: 'claude-opus-4-8', messages, ...fields });
    const { error } = (await response.json()) as { error: { type: string; message: string } };
    expect([param, response.status, error.type]).toEqual([param, 400, 'invalid_request_error']);
  }
  expect(upstream.requests).toEqual([]);
  upstream.enqueue(jsonAnswer({ input_tokens: 7 }));
  const plain = await count(gateway, { model: 'claude-opus-4-8', messages, service_tier: 'auto', mcp_servers: [] });
  expect(await plain.json()).toEqual({ input_tokens: 7 });
});

test('what fails is known by how far it came', async () => {
  await using gateway = await testGateway();
  const steps = async (body: object): Promise<string[]> => {
    const id = (await count(gateway, body)).headers.get('x-request-id') ?? '';
    return gateway.house.recent.find(id)?.steps.map(({ name }) => name) ?? [];
  };
  expect(await steps({ model: 'nope', messages })).toEqual(['admit', 'read body']);
  expect(await steps({ messages })).toEqual(['admit', 'read body']);
});

test('a client that leaves, in its upload or while the upstream counts, is no failed call', async () => {
  await using upstream = await scriptedUpstream();
  await using gateway = await testGateway({ upstream: upstream.url, vendor: 'anthropic' });
  upstream.enqueue({ before: ['stall'] });
  const body = JSON.stringify({ model: 'claude-opus-4-8', messages });
  const head = `POST /v1/messages/count_tokens HTTP/1.1\r\nhost: x\r\nx-api-key: ${TEST_KEY}\r\ncontent-length: ${body.length}\r\n\r\n`;
  for (const sent of [body.slice(1), body]) {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.write(head + sent);
    if (sent === body) await upstream.received(1);
    else while (gateway.money.admitted === 0) await Bun.sleep(2);
    socket.destroy();
    while (gateway.money.admitted > 0) await Bun.sleep(2);
  }
  expect(gateway.house.recent.failures()).toEqual([]);
  expect(gateway.house.recent.unbilled().map(({ outcome }) => outcome)).toEqual([
    'client_left_unbilled',
    'client_left_unbilled',
  ]);
});

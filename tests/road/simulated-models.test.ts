import { afterAll, beforeAll, expect, test } from 'bun:test';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
});

const schema = {
  type: 'object',
  properties: { city: { type: 'string' }, count: { type: 'integer', minimum: 3 } },
  required: ['city', 'count'],
  additionalProperties: false,
};

async function ask(path: string, body: object): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Tell me of Paris' }], ...body }),
  });
}

test('a model that promises a schema keeps it while the simulator answers for it, strict or not', async () => {
  for (const strict of [true, false]) {
    const response_format = { type: 'json_schema', json_schema: { name: 'place', strict, schema } };
    const response = await ask('/v1/chat/completions', { model: 'gpt-5-4', response_format });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-bytespike-emulated')).toBe('json_schema');
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(JSON.parse(choices[0]!.message.content)).toEqual({ city: 'Paris', count: 3 });
  }
});

test('a model that does not promise it refuses strict, also then', async () => {
  const response_format = { type: 'json_schema', json_schema: { name: 'place', strict: true, schema } };
  const response = await ask('/v1/chat/completions', { model: 'deepseek-v4-pro', response_format });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'unsupported_parameter' } });
});

test('a file goes to whoever’s model takes it, and is refused for one that does not', async () => {
  const file = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } };
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'Read this' }, file] }];
  for (const [model, status] of [
    ['claude-opus-4-8', 200],
    ['gpt-5-4', 200],
    ['gemini-3-1-pro', 200],
    ['deepseek-v4-pro', 400],
  ] as const) {
    expect([model, (await ask('/v1/chat/completions', { model, messages })).status]).toEqual([model, status]);
  }
});

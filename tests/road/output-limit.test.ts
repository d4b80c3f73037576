import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import type { JsonObject } from '../../src/protocols/json.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { jsonAnswer, type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

/** `most`: the card's limit. What is held for is what goes up, whichever of its names Chat clients give the output limit, and also when both. */
const VENDORS = [
  { vendor: 'openai', model: 'gpt-5-4', name: 'max_completion_tokens', most: 16_384 },
  { vendor: 'deepseek', model: 'deepseek-v4-pro', name: 'max_tokens', most: 16_384 },
  { vendor: 'gemini', model: 'gemini-3-1-pro', name: undefined, most: 32_768 },
] as const;

let upstream: ScriptedUpstream;
const gateways = new Map<string, TestGateway>();
beforeAll(async () => {
  upstream = await scriptedUpstream();
  for (const { vendor } of VENDORS) {
    const protocols = ['chat-completions'] as const;
    gateways.set(vendor, await testGateway({ upstream: upstream.url, vendor, protocols: [...protocols] }));
  }
});
afterAll(async () => {
  for (const gateway of gateways.values()) await gateway[Symbol.asyncDispose]();
  await upstream.close();
});

async function send({ vendor, model }: (typeof VENDORS)[number], limits: JsonObject) {
  upstream.enqueue(
    jsonAnswer({
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
    }),
  );
  const response = await fetch(`${gateways.get(vendor)!.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }], ...limits }),
  });
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  const { max_tokens, max_completion_tokens } = upstream.requests.at(-1)!.json() as JsonObject;
  return { max_tokens, max_completion_tokens, changed: response.headers.get('x-bytespike-changed') };
}

for (const route of VENDORS) {
  describe(`at ${route.vendor}`, () => {
    const { name } = route;
    const sent = (limit: number) =>
      name === undefined
        ? { max_tokens: limit, max_completion_tokens: limit }
        : { max_tokens: undefined, max_completion_tokens: undefined, [name]: limit };

    test('the smaller of two goes up, and the other one is listed', async () => {
      expect(await send(route, { max_tokens: 1, max_completion_tokens: 900 })).toEqual({
        ...sent(1),
        changed: 'max_completion_tokens',
      });
      expect(await send(route, { max_tokens: 900, max_completion_tokens: 1 })).toEqual({
        ...sent(1),
        changed: 'max_tokens',
      });
      expect(await send(route, { max_tokens: 300_000, max_completion_tokens: 1 })).toMatchObject(sent(1));
    });

    test('two that are the same are one', async () => {
      expect(await send(route, { max_tokens: 7, max_completion_tokens: 7 })).toEqual({ ...sent(7), changed: null });
    });

    test('two that are over the card’s limit are lowered', async () => {
      const both = await send(route, { max_tokens: 300_000, max_completion_tokens: 400_000 });
      expect(both).toMatchObject(sent(route.most));
      expect(both.changed).toContain('max_tokens');
    });

    test('null beside one is nothing', async () => {
      for (const other of ['max_tokens', 'max_completion_tokens'] as const) {
        const { changed, ...limits } = await send(route, {
          max_tokens: null,
          max_completion_tokens: null,
          [other]: 100,
        });
        expect([other, changed]).toEqual([other, null]);
        if (name !== undefined) expect(limits).toEqual(sent(100));
        else expect(limits[other]).toBe(100);
      }
    });
  });
}

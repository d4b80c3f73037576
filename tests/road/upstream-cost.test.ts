import { expect, test } from 'bun:test';
import { NO_LIMITS } from '../../src/keys/key-service.ts';
import { bookedGateway } from '../support/booked-gateway.ts';
import { jsonAnswer, scriptedUpstream } from '../support/scripted-upstream.ts';

const ANSWER = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1_000_000, completion_tokens: 1_000_000, total_tokens: 2_000_000 },
};

test.each([
  ['deepseek', undefined, true],
  ['deepseek', { 'deepseek-v4-flash': 'by-another-name' }, true],
  // A server of the operator's own: the card says what DeepSeek charges.
  ['vllm', { 'deepseek-v4-flash': 'my-served-name' }, false],
])('a card tells the costs of the upstreams that it has a route to: %s %o', async (vendor, models, told) => {
  await using upstream = await scriptedUpstream();
  upstream.otherwise(jsonAnswer(ANSWER));
  await using gateway = await bookedGateway({
    upstream: upstream.url,
    vendor,
    protocols: ['chat-completions'],
    ...(models === undefined ? {} : { models }),
  });
  const { keys, store } = gateway.books;
  const { secret } = await keys.create({ ...NO_LIMITS, name: 'one' }, undefined, { name: 'test', ip: '' });
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'deepseek-v4-flash', messages: [{ role: 'user', content: 'hello' }] }),
  });
  expect(response.status).toBe(200);
  const { rows } = await store.usageRows({ accountId: 'default', limit: 1 });
  expect(rows.map(({ upstreamCost }) => upstreamCost !== undefined)).toEqual([told]);
});

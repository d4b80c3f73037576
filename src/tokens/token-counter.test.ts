import { afterAll, describe, expect, test } from 'bun:test';
import type { TokenConstants } from '../models/card.ts';
import { countTextSync, createTokenCounter, estimateTokens, loadTokenizer } from './token-counter.ts';

const counter = createTokenCounter();
afterAll(() => counter.close());

const exact: TokenConstants = {
  tokenizer: 'deepseek-v3',
  factor: 1,
  per_request: 3,
  per_message: 2,
  per_tool: 10,
  tools_once: 200,
  per_image: 1000,
};

describe('counting texts', () => {
  test('is the same on the spot and in the worker', async () => {
    const long = 'All happy families are alike; 每个不幸的家庭各有不幸。 '.repeat(400);
    expect(await counter.countText(long)).toBe(countTextSync(long));
    expect(await counter.countText('short')).toBe(countTextSync('short'));
    expect(await counter.countTexts(['one ', 'two', ''])).toBe(countTextSync('one ') + countTextSync('two'));
  });

  test('is the same when some of the texts, or all, were counted before', async () => {
    const texts = Array.from({ length: 50 }, (_, i) => `Turn ${i}: 每个不幸的家庭 ${'and more words '.repeat(i * 10)}`);
    const sum = texts.reduce((total, text) => total + countTextSync(text), 0);
    for (let known = 0; known <= texts.length; known += 25) {
      await counter.countTexts(texts.slice(0, known));
      expect(await counter.countTexts(texts)).toBe(sum);
    }
  });

  test('does not hold up the event loop while a long text is counted', async () => {
    await counter.ready();
    const text = 'Words, and more words; 12345 of them.\n'.repeat(50_000);
    let done = false;
    const counted = counter.countText(text).finally(() => {
      done = true;
    });
    let turns = 0;
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    expect(await counted).toBeGreaterThan(400_000);
    expect(turns).toBeGreaterThan(10);
  });

  test('refuses with a 429 when too much waits', async () => {
    const busy = createTokenCounter();
    const text = 'a '.repeat(5_000);
    const results = await Promise.allSettled(Array.from({ length: 300 }, (_, i) => busy.countText(`${i} ${text}`)));
    busy.close();
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBe(300 - 256);
    expect(refused[0]?.reason).toMatchObject({ code: 'concurrency_limit', details: { retryAfterSeconds: 1 } });
  });

  test('close rejects what waits, and the counter may be used again', async () => {
    const other = createTokenCounter();
    const waiting = other.countText('x '.repeat(10_000));
    other.close();
    await expect(waiting).rejects.toThrow('closed');
    expect(await other.countText('y '.repeat(10_000))).toBeGreaterThan(9_000);
    other.close();
  });

  test('the vocabulary is told', () => {
    expect(counter.vocabularyBytes).toBeGreaterThan(3_000_000);
    expect(counter.vocabularyBytes).toBeLessThan(4_000_000);
  });
});

describe('counting a prompt', () => {
  const sum = (...texts: string[]) => texts.reduce((total, text) => total + countTextSync(text), 0);
  const schema = { type: 'object', properties: { city: { type: 'string' } } };

  test('Chat Completions: every part of it', async () => {
    const body = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }], name: 'ann' },
        {
          role: 'assistant',
          content: '',
          reasoning_content: 'I look it up.',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'rain' },
      ],
      tools: [{ type: 'function', function: { name: 'weather', description: 'Weather now', parameters: schema } }],
    };
    const texts = ['Be brief.', 'Weather?', 'ann', 'I look it up.', 'weather', '{"city":"Oslo"}', 'rain'];
    const tools = ['weather', 'Weather now', JSON.stringify(schema)];
    expect(await counter.countPrompt('chat-completions', body, exact)).toEqual({
      tokens: sum(...texts, ...tools) + 3 + 4 * 2 + 10 + 200,
      estimated: false,
    });
  });

  test('Messages: every part of it', async () => {
    const body = {
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [
        { role: 'user', content: 'Weather?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I look it up.', signature: 'never counted' },
            { type: 'tool_use', id: 'c', name: 'weather', input: { city: 'Oslo' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'rain' }] }],
        },
      ],
      tools: [{ name: 'weather', description: 'Weather now', input_schema: schema }],
      output_config: { format: { type: 'json_schema', schema } },
    };
    const texts = ['Be brief.', 'Weather?', 'I look it up.', 'weather', '{"city":"Oslo"}', 'rain'];
    const tools = ['weather', 'Weather now', JSON.stringify(schema), JSON.stringify(schema)];
    expect(await counter.countPrompt('messages', body, exact)).toEqual({
      tokens: sum(...texts, ...tools) + 3 + 3 * 2 + 10 + 200,
      estimated: false,
    });
  });

  test('reasoning does not count without tools', async () => {
    const messages = [{ role: 'assistant', content: 'Hi', reasoning_content: 'A long thought' }];
    const { tokens } = await counter.countPrompt('chat-completions', { messages }, exact);
    expect(tokens).toBe(sum('Hi') + 3 + 2);
  });

  test('an image costs its constant, not its base64, and makes the count an estimate', async () => {
    const url = `data:image/png;base64,${'A'.repeat(100_000)}`;
    const chat = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] };
    expect(await counter.countPrompt('chat-completions', chat, exact)).toEqual({ tokens: 1005, estimated: true });
    const source = { type: 'base64', media_type: 'image/png', data: 'A'.repeat(100_000) };
    const messages = { messages: [{ role: 'user', content: [{ type: 'image', source }] }] };
    expect(await counter.countPrompt('messages', messages, exact)).toEqual({ tokens: 1005, estimated: true });
  });

  test('another model’s count is scaled and says that it is an estimate', async () => {
    const constants: TokenConstants = { ...exact, tokenizer: 'estimate', factor: 1.5 };
    const text = 'word '.repeat(101).trim();
    const body = { messages: [{ role: 'user', content: text }] };
    expect(await counter.countPrompt('messages', body, constants)).toEqual({
      tokens: Math.ceil(countTextSync(text) * 1.5) + 5,
      estimated: true,
    });
  });

  test('a body of any shape is survived', async () => {
    for (const messages of [undefined, null, 'text', 7, [null, 3, { content: 5 }, { content: [null, 'x'] }]]) {
      expect((await counter.countPrompt('messages', { messages, tools: 'none' }, exact)).tokens).toBeGreaterThan(0);
    }
  });
});

test('the tokenizer is loaded once, however many ask for it', async () => {
  const loaded = await Promise.all([loadTokenizer(), loadTokenizer(), loadTokenizer()]);
  expect(new Set(loaded).size).toBe(1);
  expect(loaded[0]?.count('Hello there')).toBe(countTextSync('Hello there'));
});

test('the estimate is that of the documentation', () => {
  expect(estimateTokens('abcdefghij')).toBe(3);
  expect(estimateTokens('一二三四五六七八九十')).toBe(6);
});

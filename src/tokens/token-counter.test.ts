import { afterAll, describe, expect, test } from 'bun:test';
import type { TokenConstants } from '../models/card.ts';
import { PutBack } from '../protocols/put-back.ts';
import { createTokenCounter, estimateTokens, loadTokenizer, sharedTokenizer } from './token-counter.ts';

const counter = createTokenCounter();
afterAll(() => counter.close());
const countTextSync = (text: string): number => sharedTokenizer().count(text);

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
    expect(await counter.countPrompt('chat-completions', body, exact)).toMatchObject({
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
    expect(await counter.countPrompt('messages', body, exact)).toMatchObject({
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
    expect(await counter.countPrompt('chat-completions', chat, exact)).toMatchObject({ tokens: 1005, estimated: true });
    const source = { type: 'base64', media_type: 'image/png', data: 'A'.repeat(100_000) };
    const messages = { messages: [{ role: 'user', content: [{ type: 'image', source }] }] };
    expect(await counter.countPrompt('messages', messages, exact)).toMatchObject({ tokens: 1005, estimated: true });
  });

  test('another model’s count is scaled and says that it is an estimate', async () => {
    const constants: TokenConstants = { ...exact, tokenizer: 'estimate', factor: 1.5 };
    const text = 'word '.repeat(101).trim();
    const body = { messages: [{ role: 'user', content: text }] };
    expect(await counter.countPrompt('messages', body, constants)).toMatchObject({
      tokens: Math.ceil(countTextSync(text) * 1.5) + 5,
      estimated: true,
    });
  });

  test('a schema counts under either of its names on Messages', async () => {
    const format = { type: 'json_schema', schema };
    const named = await counter.countPrompt('messages', { messages: [], output_config: { format } }, exact);
    expect(await counter.countPrompt('messages', { messages: [], output_format: format }, exact)).toEqual(named);
    expect(named.tokens).toBe(sum(JSON.stringify(schema)) + 3);
    const both = { messages: [], output_config: { format: 'x' }, output_format: format };
    expect((await counter.countPrompt('messages', both, exact)).tokens).toBe(named.tokens);
  });

  test('a file of text counts as that, and one of pictures has no bound', async () => {
    const count = (file_data: string) => {
      const content = [{ type: 'file', file: { filename: 'notes', file_data } }];
      return counter.countPrompt('chat-completions', { messages: [{ role: 'user', content }] }, exact);
    };
    const words = 'Some words of it.';
    const text = await count(`data:text/plain;base64,${btoa(words)}`);
    expect(text).toMatchObject({ tokens: sum('notes', words) + 5, unbounded: false });
    const pdf = await count(`data:application/pdf;base64,${'A'.repeat(100_000)}`);
    expect(pdf).toMatchObject({ tokens: sum('notes') + 1005, unbounded: true });
  });

  describe('the bound has what the count leaves out', () => {
    const words = 'Seven wild words walk here. '.repeat(200);
    const base64 = Buffer.from(words).toString('base64');
    const chat = (message: object, more: object = {}) =>
      ['chat-completions', { messages: [{ role: 'assistant', ...message }], ...more }] as const;
    const block = (...content: object[]) => ['messages', { messages: [{ role: 'assistant', content }] }] as const;
    const thinking = { type: 'thinking', thinking: '', signature: base64 };
    test.each([
      ['reasoning where there are no tools', chat({ content: '', reasoning_content: words })],
      ['reasoning under its other name as well', chat({ reasoning_content: 'a', reasoning: words })],
      ['a signature', block(thinking)],
      ['encrypted reasoning', block({ type: 'redacted_thinking', data: base64 })],
      ['a block of a kind unknown here', block({ type: 'mcp_tool_result', content: [{ type: 'text', text: words }] })],
      ['a refusal beside the content', chat({ refusal: words })],
      ['a call of the older form', chat({ function_call: { name: 'f', arguments: words } })],
      ['a call of another kind', chat({ tool_calls: [{ id: 'c', type: 'custom', custom: { input: words } }] })],
      [
        'what a call came with',
        chat({ tool_calls: [{ id: 'c', function: { name: 'f' }, extra_content: { base64 } }] }),
      ],
      ['a function of the older form', chat({}, { functions: [{ name: 'f', description: words }] })],
      ['a custom tool', chat({}, { tools: [{ type: 'custom', custom: { name: 'f', description: words } }] })],
      ['examples of a tool', ['messages', { messages: [], tools: [{ name: 'f', input_examples: [{ words }] }] }]],
      [
        'what a schema is for',
        chat({}, { response_format: { type: 'json_schema', json_schema: { name: 'n', description: words, schema } } }),
      ],
      ['one block alone', ['messages', { messages: [{ role: 'user', content: { type: 'text', text: words } }] }]],
    ] as const)('%s', async (_, [protocol, body]) => {
      expect((await counter.countPrompt(protocol, body, exact)).most).toBeGreaterThanOrEqual(sum(words));
    });

    test('words of the template around calls and results, and descriptions that only their vendor has', async () => {
      const calls = Array.from({ length: 100 }, (_, i) => ({ type: 'tool_use', id: `${i}`, name: 'f', input: {} }));
      const called = await counter.countPrompt(...block(...calls), exact);
      expect(called.most).toBe(called.tokens + 100 * exact.per_tool);
      const tools = [{ type: 'computer_20251124', name: 'computer' }];
      const { tokens, most } = await counter.countPrompt('messages', { messages: [], tools }, exact);
      expect(most).toBe(tokens + exact.tools_once);
    });

    test.each([['document'], ['search_result']])('what is said of citations: %s', async (type) => {
      const most = async (enabled: boolean) => {
        const found = { type, source: { type: 'text', data: 'x' }, content: [], citations: { enabled } };
        const result = { type: 'tool_result', tool_use_id: 't', content: [found] };
        const counts = [counter.countPrompt(...block(found), exact), counter.countPrompt(...block(result), exact)];
        return (await Promise.all(counts)).map((count) => count.most - count.tokens);
      };
      const added = exact.tools_once;
      expect(await most(true)).toEqual((await most(false)).map((without) => without + added));
    });

    test('what is put back from memory', async () => {
      const putBack = new PutBack();
      putBack.texts.push(words);
      putBack.sealed = 400;
      expect(putBack.size).toBe(words.length + 400);
      const [protocol, body] = chat({ content: '' });
      const plain = await counter.countPrompt(protocol, body, exact);
      const { tokens, most } = await counter.countPrompt(protocol, body, exact, putBack);
      expect([tokens, most]).toEqual([plain.tokens, plain.most + words.length + 300]);
      const withTools = { ...body, tools: [{ function: { name: 'f' } }] };
      const counted = await counter.countPrompt(protocol, withTools, exact, putBack);
      expect(counted.tokens).toBe((await counter.countPrompt(protocol, withTools, exact)).tokens + sum(words));
      expect(counted.most).toBe(counted.tokens + 300);
    });

    test('and nothing on top where all is counted', async () => {
      const body = { system: 'Be brief.', messages: [{ role: 'user', content: [{ type: 'text', text: words }] }] };
      const { tokens, most } = await counter.countPrompt('messages', body, exact);
      expect(most).toBe(tokens);
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

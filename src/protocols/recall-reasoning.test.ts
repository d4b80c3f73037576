import { describe, expect, test } from 'bun:test';
import { ReasoningCollector } from './collect-reasoning.ts';
import { chatFrames, translateStream } from './golden/harness.ts';
import { CLAUDES, KEY, remembered, send, thinking, toolCall, tools, toolUse, UUID } from './golden/reasoning-replay.ts';
import { InProcessReasoningMemory } from './in-process-reasoning-memory.ts';
import type { NeutralAnswer } from './neutral.ts';

describe('a Chat client at an upstream that signs its thinking', () => {
  const loop = (assistant: object) => ({
    model: 'm',
    tools,
    reasoning_effort: 'low',
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', ...assistant },
      { role: 'tool', tool_call_id: 't1', content: 'ok' },
    ],
  });

  test('E12, E17, E21: a call brings its thinking back by its id, although the client gave none', async () => {
    const memory = remembered([thinking('\n 想一想 🙂 ', 'c2ln+/='), toolUse('t1', { a: 1 })]);
    const { body, changed } = await send(
      loop({ content: null, tool_calls: [toolCall('t1', '{"a": 1}')] }),
      'claude-budget',
      memory,
    );
    expect(body.messages[1]?.content).toEqual([
      thinking('\n 想一想 🙂 ', 'c2ln+/='),
      { type: 'tool_use', id: 't1', name: 'run', input: { a: 1 } },
    ]);
    expect(body.thinking).toMatchObject({ type: 'enabled' });
    expect(changed).toEqual([]);
  });

  test('a text answer brings its thinking back by the hash of its text', async () => {
    const memory = remembered([thinking('Hm.', 'sig'), { type: 'text', text: 'Hello' }]);
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello', reasoning_content: 'Hm.' },
      { role: 'user', content: 'x' },
    ];
    const { body, changed } = await send({ model: 'm', messages, reasoning_effort: 'low' }, 'claude-budget', memory);
    expect(body.messages[1]?.content).toEqual([thinking('Hm.', 'sig'), { type: 'text', text: 'Hello' }]);
    expect(changed).toEqual([]);
  });

  test.each([
    ['in parts of the content, as Mistral gives it', [{ type: 'text', text: 'Hm.' }]],
    ['as one text there', 'Hm.'],
  ])('so it does %s', async (_where, words) => {
    const memory = remembered([thinking('Hm.', 'sig'), { type: 'text', text: 'Hello' }]);
    const content = [
      { type: 'thinking', thinking: words, closed: true },
      { type: 'text', text: 'Hello' },
    ];
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content },
      { role: 'user', content: 'x' },
    ];
    const body = { model: 'm', messages, reasoning_effort: 'low' };
    const known = await send(body, 'claude-budget', memory);
    expect(known.body.messages[1]?.content).toEqual([thinking('Hm.', 'sig'), { type: 'text', text: 'Hello' }]);
    expect(known.changed).toEqual([]);
    // Of a vendor whose reasoning is not signed, or of another installation.
    const unknown = await send(body, 'claude-budget', new InProcessReasoningMemory());
    expect(unknown.body.messages[1]?.content).toEqual([{ type: 'text', text: 'Hello' }]);
    expect(unknown.changed).toEqual(['reasoning_content', 'thinking']);
  });

  test('a refusal has its thinking before it', async () => {
    const memory = remembered([thinking('Hm.', 'sig')]);
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: null, reasoning_content: 'Hm.', refusal: 'No.' },
      { role: 'user', content: 'x' },
    ];
    const { body, changed } = await send({ model: 'm', messages, reasoning_effort: 'low' }, 'claude-budget', memory);
    expect(body.messages[1]?.content).toEqual([thinking('Hm.', 'sig'), { type: 'text', text: 'No.' }]);
    expect(changed).toEqual([]);
  });

  test('E18: several blocks, encrypted ones and those without text, each where it stood', async () => {
    const blocks = [
      thinking('One.', 's1'),
      { type: 'redacted_thinking', data: 'Zm9v' },
      { type: 'text', text: 'Let me ' },
      thinking('', 's2'),
      { type: 'text', text: 'see.' },
      thinking('Two.', 's3'),
      toolUse('t1', {}),
      thinking('Three.', 's4'),
      toolUse('t2', {}),
    ];
    const memory = remembered(blocks);
    const request = loop({
      content: 'Let me see.',
      reasoning_content: 'One.Two.Three.',
      tool_calls: [toolCall('t1'), toolCall('t2')],
    });
    request.messages.push({ role: 'tool', tool_call_id: 't2', content: 'ok' });
    const { body } = await send(request, 'claude-budget', memory);
    expect(body.messages[1]?.content).toEqual(blocks);
  });

  test('on a miss the thinking is left out, thinking is off, and both are listed', async () => {
    const request = loop({ content: '', reasoning_content: 'Forged.', tool_calls: [toolCall('t1')] });
    const { body, changed } = await send(request, 'claude-budget', new InProcessReasoningMemory());
    expect(body.messages[1]?.content).toEqual([toolUse('t1', {})]);
    expect(body.thinking).toEqual({ type: 'disabled' });
    expect(changed).toEqual(['reasoning_content', 'thinking']);
    expect(JSON.stringify(body)).not.toContain('Forged');
  });

  test('reasoning that nothing followed, cut by the output limit, cannot end a turn there', async () => {
    const memory = remembered([thinking('So long', 'sig')]);
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: '', reasoning_content: 'So long' },
      { role: 'user', content: 'Go on' },
    ];
    const { body, changed } = await send({ model: 'm', messages }, 'claude-any', memory);
    expect(body.messages.map((message) => message.role)).toEqual(['user', 'user']);
    expect(changed).toEqual(['reasoning_content']);
  });

  test('nobody gets the reasoning of another key', async () => {
    const memory = remembered([thinking('Hm.', 'sig'), toolUse('t1', {})]);
    const { body } = await send(
      loop({ content: '', reasoning_content: 'Hm.', tool_calls: [toolCall('t1')] }),
      'claude-budget',
      memory,
      'key_2',
    );
    expect(JSON.stringify(body)).not.toContain('sig');
  });

  test('E11: a block of another vendor is left out, listed, and never sent as text', async () => {
    const memory = remembered([thinking('Theirs.', 'sig'), { type: 'text', text: 'Hello' }], 'deepseek');
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello', reasoning_content: 'Theirs.' },
      { role: 'user', content: 'x' },
    ];
    const { body, changed } = await send({ model: 'm', messages, reasoning_effort: 'low' }, 'claude-budget', memory);
    expect(JSON.stringify(body)).not.toContain('Theirs');
    expect(body.thinking).toMatchObject({ type: 'enabled' });
    expect(changed).toEqual(['reasoning_content']);
    // Nor where nobody knows whose it is.
    const unknown = await send({ model: 'm', messages }, 'claude-budget', new InProcessReasoningMemory());
    expect(JSON.stringify(unknown.body)).not.toContain('Theirs');
    expect(unknown.changed).toContain('reasoning_content');
  });

  test('a block without its signature is left out, and there is no thinking: Anthropic would refuse it', async () => {
    for (const target of ['claude-budget', 'claude-any'] as const) {
      const memory = remembered([
        thinking('Cut', ''),
        { type: 'text', text: 'a' },
        thinking('Hm.', 's'),
        toolUse('t1', {}),
      ]);
      const { body, changed } = await send(
        loop({ content: 'a', reasoning_content: 'CutHm.', tool_calls: [toolCall('t1')] }),
        target,
        memory,
      );
      expect(body.messages[1]?.content).toEqual([{ type: 'text', text: 'a' }, thinking('Hm.', 's'), toolUse('t1', {})]);
      expect(body.thinking).toEqual({ type: 'disabled' });
      expect(changed).toEqual(['reasoning_content', 'thinking']);
    }
  });

  test('a block that its maker never signs goes back as it came', async () => {
    const memory = remembered([thinking('Hm.', ''), toolUse('t1', {})], 'deepseek');
    const sent = await send(loop({ content: null, tool_calls: [toolCall('t1')] }), 'deepseek-messages', memory);
    expect(sent.body.messages[1]?.content).toEqual([thinking('Hm.', ''), toolUse('t1', {})]);
    expect(sent.changed).toEqual([]);
  });

  test('the same call id in two conversations: the text tells which turn it was', async () => {
    const memory = remembered([thinking('First.', 's1'), toolUse('t1', {})]);
    const second = remembered([thinking('Second.', 's2'), toolUse('t1', {})]);
    const turn = (await second.recall(KEY, ['call:t1'])).get('call:t1');
    memory.remember(KEY, ['call:t1', 'text:other'], turn!);
    const { body } = await send(
      loop({ content: '', reasoning_content: 'First.', tool_calls: [toolCall('t1')] }),
      'claude-budget',
      memory,
    );
    expect(body.messages[1]?.content).toEqual([thinking('First.', 's1'), toolUse('t1', {})]);
  });

  test('a loop of several turns keeps every byte of the turns before', async () => {
    const memory = remembered([thinking('Hm.', 'sig'), toolUse('t1', {})]);
    const first = loop({ content: '', reasoning_content: 'Hm.', tool_calls: [toolCall('t1')] });
    const longer = {
      ...first,
      messages: [...first.messages, { role: 'assistant', content: 'Done.' }, { role: 'user', content: 'x' }],
    };
    const [a, b] = [await send(first, 'claude-any', memory), await send(longer, 'claude-any', memory)];
    expect(JSON.stringify(b.body.messages).startsWith(JSON.stringify(a.body.messages).slice(0, -1))).toBe(true);
  });
});

describe('a Messages client at an upstream of the other protocol', () => {
  const withThinking = (block: object) => ({
    model: 'm',
    max_tokens: 99,
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [block, { type: 'text', text: 'Hello' }] },
      { role: 'user', content: 'x' },
    ],
  });

  test('E01, E06, E19: reasoning that this kind of upstream made goes back byte for byte', async () => {
    const { body, changed } = await send(
      withThinking(thinking('想 🙂\n', '')),
      'deepseek-chat',
      new InProcessReasoningMemory(),
    );
    expect(body.messages[1]).toEqual({ role: 'assistant', content: 'Hello', reasoning_content: '想 🙂\n' });
    expect(changed).toEqual([]);
  });

  test('E19: what the vendor signed on its other surface is its own, and goes back byte for byte', async () => {
    const memory = new InProcessReasoningMemory();
    const request = withThinking(thinking('想 🙂\n', UUID));
    // Its form is the vendor's own matter.
    for (const each of [request, withThinking(thinking('想 🙂\n', 'c2ln'))]) {
      const own = await send(each, 'deepseek-chat', memory);
      expect(own.body.messages[1]).toMatchObject({ content: 'Hello', reasoning_content: '想 🙂\n' });
      expect(own.changed).toEqual([]);
    }
    const other = await send(request, 'own-server', memory);
    expect(other.body.messages[1]).not.toHaveProperty('reasoning_content');
    expect(other.changed).toEqual(['thinking']);
  });

  test('E01: without tools in this request, turns that called one still carry their reasoning, empty where it is lost', async () => {
    const turn = (...content: object[]) => ({ role: 'assistant', content });
    const messages = [
      { role: 'user', content: 'Hi' },
      turn(toolUse('t1', {})),
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }] },
      turn({ type: 'text', text: 'Done.' }),
      { role: 'user', content: 'x' },
    ];
    const ask = (more: object) =>
      send({ model: 'm', max_tokens: 99, messages, ...more }, 'deepseek-chat', new InProcessReasoningMemory());
    const replayed = async (more: object) => (await ask(more)).body.messages.map((each) => each.reasoning_content);
    expect(await replayed({})).toEqual([undefined, '', undefined, undefined, undefined]);
    expect(await replayed({ thinking: { type: 'disabled' } })).toEqual(Array(5).fill(undefined));
  });

  test('signed or encrypted reasoning is of another vendor', async () => {
    for (const block of [thinking('Theirs.', CLAUDES), { type: 'redacted_thinking', data: 'Zm9v' }]) {
      const { body, changed } = await send(withThinking(block), 'deepseek-chat', new InProcessReasoningMemory());
      expect(body.messages[1]).toEqual({ role: 'assistant', content: 'Hello' });
      expect(changed).toEqual(['thinking']);
    }
  });

  test('E13: reasoning of a turn that the client splits goes back once', async () => {
    const memory = new InProcessReasoningMemory();
    const collector = new ReasoningCollector();
    collector.add({
      ...answer('Hm.'),
      parts: [...answer('Hm.').parts, { type: 'tool-call', id: 't1', name: 'run', input: '{}' }],
    });
    collector.remember(memory, KEY, 'deepseek');
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [thinking('Hm.', ''), { type: 'text', text: 'Hello' }] },
      { role: 'assistant', content: [toolUse('t1', {})] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }] },
    ];
    const { body, changed } = await send({ model: 'm', max_tokens: 99, messages }, 'deepseek-chat', memory);
    expect(body.messages[1]).toEqual({
      role: 'assistant',
      content: 'Hello',
      reasoning_content: 'Hm.',
      tool_calls: [toolCall('t1')],
    });
    expect(changed).toEqual([]);
  });

  test('reasoning that the memory knows to be of another vendor is left out', async () => {
    const memory = new InProcessReasoningMemory();
    const collector = new ReasoningCollector();
    collector.add(answer('Theirs.'));
    collector.remember(memory, KEY, 'local');
    const { body, changed } = await send(withThinking(thinking('Theirs.', '')), 'deepseek-chat', memory);
    expect(JSON.stringify(body)).not.toContain('Theirs');
    expect(changed).toEqual(['thinking']);
  });

  test('where only the maker is known, its own copy goes back to it, and nobody else gets it', async () => {
    const memory = new InProcessReasoningMemory();
    const collector = new ReasoningCollector();
    collector.given('Hm.');
    collector.remember(memory, KEY, 'deepseek');
    const request = withThinking(thinking('Hm.', ''));
    const own = await send(request, 'deepseek-chat', memory);
    expect(own.body.messages[1]).toMatchObject({ reasoning_content: 'Hm.' });
    expect(own.changed).toEqual([]);
    const other = await send(request, 'own-server', memory);
    expect(JSON.stringify(other.body)).not.toContain('Hm.');
    expect(other.changed).toEqual(['thinking']);
    // Its other surface signs, and here is no signature to give back.
    const turn = { role: 'assistant', content: 'Hello', reasoning_content: 'Hm.' };
    const messages = [{ role: 'user', content: 'Hi' }, turn, { role: 'user', content: 'x' }];
    const signing = await send({ model: 'm', messages }, 'deepseek-messages', memory);
    expect(signing.body.thinking).toEqual({ type: 'disabled' });
  });

  test("E21: Gemini's signature of a call comes back with the call", async () => {
    const extra = '{"google":{"thought_signature":"EpkC+/="}}';
    const call = `{"index":0,"id":"t1","type":"function","function":{"name":"run","arguments":"{}"},"extra_content":${extra}}`;
    const frames = `data: {"id":"g1","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[${call}]},"finish_reason":"stop"}]}\n\n`;
    const memory = new InProcessReasoningMemory();
    const { collector, text } = translateStream('chat-completions', [frames, chatFrames([])]);
    expect(text).toContain('"tool_use"');
    collector.remember(memory, KEY, 'gemini');
    // With a call beside it of which nothing is known, whatever its id.
    const ids = ['t1', 'constructor'];
    const history = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: ids.map((id) => toolUse(id, {})) },
      { role: 'user', content: ids.map((id) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' })) },
    ];
    const { body } = await send({ model: 'm', max_tokens: 9, messages: history }, 'gemini', memory);
    expect(body.messages[1]?.tool_calls?.[0]?.extra_content).toEqual(JSON.parse(extra));
    expect(body.messages[1]?.tool_calls?.[1]).toEqual(toolCall('constructor'));
    const other = await send({ model: 'm', max_tokens: 9, messages: history }, 'own-server', memory);
    expect(JSON.stringify(other.body)).not.toContain('extra_content');
  });
});

const answer = (reasoning: string): NeutralAnswer => ({
  id: 'a',
  model: 'm',
  createdSeconds: undefined,
  parts: [
    { type: 'reasoning', text: reasoning, signature: '' },
    { type: 'text', text: 'Hello' },
  ],
  finish: 'stop',
  stopSequence: undefined,
  usage: undefined,
});

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { ReasoningCollector } from './collect-reasoning.ts';
import { chatFrames, messagesFrames, translateStream } from './golden/harness.ts';
import { type TargetName, targetNamed } from './golden/targets.ts';
import { InProcessReasoningMemory } from './in-process-reasoning-memory.ts';
import type { JsonObject } from './json.ts';
import type { NeutralAnswer } from './neutral.ts';
import { PutBack } from './put-back.ts';
import { type ReasoningMemory, textLookup, wholeLookup } from './reasoning-memory.ts';
import { recallReasoning } from './recall-reasoning.ts';
import { Notes } from './wire.ts';
import { wires } from './wires.ts';

const KEY = 'key_1';
/** As DeepSeek signs on its Messages surface. */
const UUID = '91cf0000-554b-4136-8e21-fa0000000000';
/** As Anthropic signs. */
const CLAUDES = 'EqY4h';

interface Sent {
  body: JsonObject & {
    messages: { role: string; content: unknown; reasoning_content?: string; tool_calls?: JsonObject[] }[];
  };
  changed: string[];
}

/** A client's request as the upstream gets it, with what the memory knows. */
async function send(request: object, to: TargetName, memory: ReasoningMemory, keyId = KEY): Promise<Sent> {
  const target = targetNamed(to);
  const client = wires[target.route.protocol === 'messages' ? 'chat-completions' : 'messages'];
  const notes = new Notes();
  const decoded = client.decodeRequest(JSON.stringify(request), request as JsonObject, notes);
  const isForeignSignature = (signature: string) =>
    signature === CLAUDES || (signature === UUID && target.route.vendor !== 'deepseek');
  const replay = { route: target.route, isForeignSignature };
  const putBack = new PutBack();
  const recalled = await recallReasoning(decoded, memory, keyId, replay, notes, putBack);
  const body = JSON.parse(wires[target.route.protocol].encodeRequest(recalled, target, notes)) as Sent['body'];
  return { body, changed: [...notes.changed] };
}

const thinking = (text: string, signature: string) => ({ type: 'thinking', thinking: text, signature });
const toolUse = (id: string, input: object) => ({ type: 'tool_use', id, name: 'run', input });
const tools = [{ type: 'function', function: { name: 'run' } }];
const toolCall = (id: string, args = '{}') => ({ id, type: 'function', function: { name: 'run', arguments: args } });

/** An answer of a Claude with these blocks, streamed and remembered. */
function remembered(
  blocks: object[],
  vendor = 'anthropic',
  memory = new InProcessReasoningMemory(),
): InProcessReasoningMemory {
  const events = blocks.flatMap((block, index) => blockEvents(block as JsonObject, index));
  const start = { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 1, output_tokens: 1 } } };
  const end = [{ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: {} }, { type: 'message_stop' }];
  const { collector, stream } = translateStream('messages', [messagesFrames([start, ...events, ...end])]);
  expect(stream.state).toBe('complete');
  collector.remember(memory, KEY, vendor);
  return memory;
}

function blockEvents(block: JsonObject, index: number) {
  const start = (content_block: object) => ({ type: 'content_block_start', index, content_block });
  const delta = (delta: object) => ({ type: 'content_block_delta', index, delta });
  const stop = { type: 'content_block_stop', index };
  switch (block.type) {
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        ...[...String(block.thinking)].map((text) => delta({ type: 'thinking_delta', thinking: text })),
        delta({ type: 'signature_delta', signature: block.signature }),
        stop,
      ];
    case 'text':
      return [start({ type: 'text', text: '' }), delta({ type: 'text_delta', text: block.text }), stop];
    case 'tool_use':
      return [
        start({ ...block, input: {} }),
        delta({ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }),
        stop,
      ];
    default:
      return [start(block), stop];
  }
}

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

  describe('E13: a turn that the client splits over several messages goes back as the one that it was', () => {
    const made = [thinking('Hm.', 's1'), { type: 'text', text: 'Let me see.' }, toolUse('t1', {}), toolUse('t2', {})];
    const [c1, c2] = [toolCall('t1'), toolCall('t2')];

    async function sent(blocks: object[], ...pieces: object[]): Promise<Sent> {
      const results = ['t1', 't2'].map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' }));
      const turn = pieces.map((piece) => ({ role: 'assistant', ...piece }));
      const messages = [{ role: 'user', content: 'Hi' }, ...turn, ...results];
      return send({ model: 'm', tools, reasoning_effort: 'low', messages }, 'claude-budget', remembered(blocks));
    }

    test.each([
      ['calls', [{ content: 'Let me see.', reasoning_content: 'Hm.' }, { tool_calls: [c1, c2] }]],
      ['each call', [{ content: 'Let me see.' }, { tool_calls: [c1] }, { content: null, tool_calls: [c2] }]],
      ['reasoning', [{ reasoning_content: 'Hm.' }, { content: 'Let me see.' }, { tool_calls: [c1, c2] }]],
      [
        'reasoning on every piece',
        [
          { content: 'Let me see.', reasoning_content: 'Hm.' },
          { reasoning_content: 'Hm.', tool_calls: [c1] },
          { reasoning_content: 'Hm.', tool_calls: [c2] },
        ],
      ],
    ])('%s apart', async (_what, pieces) => {
      const { body, changed } = await sent(made, ...pieces);
      expect(body.messages[1]?.content).toEqual(made);
      expect(body.thinking).toMatchObject({ type: 'enabled' });
      expect(changed).toEqual([]);
    });

    test('its blocks of reasoning apart, each with what followed it', async () => {
      const blocks = [
        thinking('One.', 's1'),
        { type: 'text', text: 'Well.' },
        thinking('Two.', 's2'),
        ...made.slice(2),
      ];
      const { body, changed } = await sent(
        blocks,
        { reasoning_content: 'One.', content: 'Well.' },
        { reasoning_content: 'Two.', tool_calls: [c1, c2] },
      );
      expect(body.messages[1]?.content).toEqual(blocks);
      expect(changed).toEqual([]);
    });

    test('neighbours that are two turns each get their own', async () => {
      const memory = remembered([thinking('First.', 's1'), { type: 'text', text: 'A' }]);
      const second = remembered([thinking('Second.', 's2'), toolUse('t1', {})]);
      const lookups = ['call:t1', textLookup('Second.')];
      memory.remember(KEY, lookups, (await second.recall(KEY, lookups)).get('call:t1')!);
      const messages = [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'A', reasoning_content: 'First.' },
        { role: 'assistant', content: null, reasoning_content: 'Second.', tool_calls: [c1] },
        { role: 'tool', tool_call_id: 't1', content: 'ok' },
      ];
      const { body } = await send({ model: 'm', tools, messages }, 'claude-budget', memory);
      expect(body.messages[1]?.content).toEqual([
        thinking('First.', 's1'),
        { type: 'text', text: 'A' },
        thinking('Second.', 's2'),
        toolUse('t1', {}),
      ]);
    });

    describe('and only what is that turn, whole, is made one', () => {
      const B = [thinking('B.', 's1'), { type: 'text', text: 'B text' }, thinking('B2.', 's2'), ...made.slice(2)];
      const whole = { content: 'B text', tool_calls: [c1, c2] };
      const split = [{ content: 'B text' }, { tool_calls: [c1] }, { tool_calls: [c2] }];
      const text = (words: string) => ({ type: 'text', text: words });

      test.each([
        ['an answer', [{ content: 'Plain answer.' }]],
        ['several', [{ content: 'Plain ' }, { content: 'answer.' }]],
        ['an answer of the same length', [{ content: 'C text' }]],
        ['an answer of the same words', [{ content: 'B text' }]],
        ['nothing', [{ content: '' }]],
      ])('%s of nobody’s in front stays in front', async (_what, before: { content: string }[]) => {
        const front = before.flatMap(({ content }) => (content === '' ? [] : [text(content)]));
        for (const turn of [[whole], split]) {
          const { body, changed } = await sent(B, ...before, ...turn);
          expect(body.messages[1]?.content).toEqual([...front, ...B]);
          // With a budget the turn must begin with its thinking.
          expect(body.thinking).toMatchObject({ type: front.length > 0 ? 'disabled' : 'enabled' });
          expect(changed).toEqual(front.length > 0 ? ['thinking'] : []);
        }
      });

      test.each([['Let me see.'], ['']])('a text of nobody’s (%p) behind stays behind', async (after) => {
        const answer = [thinking('A.', 's1'), text('A '), thinking('A2.', 's2'), text('text')];
        const pieces = [{ reasoning_content: 'A.A2.' }, { content: 'A text' }, { content: after }];
        const messages = [...pieces.map((piece) => ({ role: 'assistant', ...piece })), { role: 'user', content: 'x' }];
        const { body, changed } = await send({ model: 'm', messages }, 'claude-any', remembered(answer));
        expect(body.messages[0]?.content).toEqual([...answer, ...(after === '' ? [] : [text(after)])]);
        expect(changed).toEqual([]);
      });

      test('a text of nobody’s between its pieces is no part of it', async () => {
        const { body } = await sent(
          B,
          { content: 'B text', reasoning_content: 'B.' },
          { content: 'Note.' },
          { tool_calls: [c1, c2] },
        );
        const texts = (body.messages[1]!.content as { type: string }[]).filter(({ type }) => type === 'text');
        expect(texts).toEqual([text('B text'), text('Note.')]);
      });

      test.each([
        ['a part of a block', 'First'],
        ['parts of two', 'First.Sec'],
        ['two blocks in another order', 'Second.First.'],
        ['a block that stands elsewhere', 'ond.'],
      ])('%s is not its reasoning', async (_what, reasoning_content) => {
        const blocks = [thinking('First.', 's1'), text('Hello'), thinking('Second.', 's2'), ...made.slice(2)];
        const hello = { content: 'Hello', tool_calls: [c1, c2] };
        const { body, changed } = await sent(blocks, { content: 'X', reasoning_content }, hello);
        expect(body.messages[1]?.content).toEqual([text('X'), ...blocks]);
        expect(body.thinking).toEqual({ type: 'disabled' });
        expect(changed).toEqual(['reasoning_content', 'thinking']);
        const apart = await sent(blocks, { content: 'Hello', reasoning_content }, { tool_calls: [c1, c2] });
        expect(apart.body.thinking).toEqual({ type: 'disabled' });
        expect(apart.changed).toEqual(['reasoning_content', 'thinking']);
      });

      test.each([
        ['all its blocks', 'First.Second.Third.'],
        ['two of them', 'Second.Third.'],
      ])('%s are its reasoning', async (_what, reasoning_content) => {
        const blocks = [thinking('First.', 's1'), text('Hello'), thinking('Second.', 's2'), ...made.slice(2, 3)];
        blocks.push(thinking('Third.', 's3'), ...made.slice(3));
        const calls = { reasoning_content, tool_calls: [c1, c2] };
        const { body, changed } = await sent(blocks, { content: 'Hello', reasoning_content: 'First.' }, calls);
        expect(body.messages[1]?.content).toEqual(blocks);
        expect(changed).toEqual([]);
      });

      test('a call that is not its own, or is missing, makes it another turn', async () => {
        const first = { content: 'B text' };
        const one = await sent(B.slice(0, -1), first, { tool_calls: [c1, c2] });
        expect((one.body.messages[1]!.content as object[])[0]).toEqual(text('B text'));
        const other = await sent(B, { ...first, tool_calls: [c2] }, { tool_calls: [c1] });
        expect(other.body.messages[1]?.content).not.toEqual(B);
      });

      test('two turns, both split, each get their own', async () => {
        const A = [thinking('A.', 's0'), text('A text'), toolUse('t0', {}), thinking('A2.', 's9'), toolUse('t3', {})];
        const ids = ['t0', 't3', 't1', 't2'];
        const [first, second, ...others] = ids.map((id) => ({ tool_calls: [toolCall(id)] }));
        const pieces = [{ content: 'A text' }, first, second, { content: 'B text' }, ...others];
        const messages = [
          { role: 'user', content: 'Hi' },
          ...pieces.map((piece) => ({ role: 'assistant', ...piece })),
          ...ids.map((id) => ({ role: 'tool', tool_call_id: id, content: 'ok' })),
        ];
        const memory = remembered(B, 'anthropic', remembered(A));
        const { body, changed } = await send({ model: 'm', tools, messages }, 'claude-budget', memory);
        expect(body.messages[1]?.content).toEqual([...A, ...B]);
        expect(changed).toEqual([]);
      });

      test('its pieces in another order are not made one', async () => {
        const { body } = await sent(B, { tool_calls: [c1, c2] }, { content: 'B text' });
        expect((body.messages[1]!.content as object[]).at(-1)).toEqual(text('B text'));
      });

      test('words that its client changed stay as they are', async () => {
        const { body } = await sent(B, { content: 'B text!' }, { tool_calls: [c1, c2] });
        expect((body.messages[1]!.content as object[])[0]).toEqual(text('B text!'));
        // Its reasoning is there once, though each piece leads to it.
        const apart = await sent(B, { content: 'B text!' }, { tool_calls: [c1] }, { tool_calls: [c2] });
        const count = (parts: unknown): number =>
          (parts as { type: string }[]).filter(({ type }) => type === 'thinking').length;
        expect(count(apart.body.messages[1]!.content)).toBe(count(B));
      });
    });

    test('reasoning of nobody’s beside a known turn is left out, listed, and thinking is off', async () => {
      const { body, changed } = await sent(
        made,
        { content: 'Let me see.', reasoning_content: 'Forged.' },
        { tool_calls: [c1, c2] },
      );
      expect(body.thinking).toEqual({ type: 'disabled' });
      expect(changed).toEqual(['reasoning_content', 'thinking']);
      expect(JSON.stringify(body)).not.toContain('Forged');
    });
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

type Block = { type: string; thinking?: string; text?: string; id?: string };

const isThinking = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking';

function wholeOf(blocks: Block[]): string {
  let text = '';
  const calls: { id: string; afterText: number }[] = [];
  for (const block of blocks) {
    text += block.text ?? '';
    if (block.id !== undefined) calls.push({ id: block.id, afterText: text.length });
  }
  const reasoning = blocks.filter(isThinking).map((block) => block.thinking ?? '');
  return wholeLookup(
    reasoning.map((text) => ({ text, signature: '', afterText: 0, afterCalls: 0 })),
    text,
    calls,
  );
}

test('a whole answer with a refusal is remembered as its stream is', async () => {
  const said = { reasoning_content: 'Hm', refusal: 'No.', tool_calls: [{ index: 0, ...toolCall('t1') }] };
  const streamed = new InProcessReasoningMemory();
  const frames = chatFrames([{ choices: [{ index: 0, delta: said, finish_reason: 'stop' }] }]);
  translateStream('chat-completions', [frames]).collector.remember(streamed, KEY, 'deepseek');
  const whole = new InProcessReasoningMemory();
  const collector = new ReasoningCollector();
  const text = JSON.stringify({ choices: [{ index: 0, message: said, finish_reason: 'stop' }] });
  const surface = { readError: () => new Error() as never, repair: false };
  collector.add(wires['chat-completions'].decodeAnswer(text, JSON.parse(text) as JsonObject, surface));
  collector.remember(whole, KEY, 'deepseek');
  const block = { text: 'Hm', signature: '', afterText: 0, afterCalls: 0 };
  const lookup = wholeLookup([block], 'No.', [{ id: 't1', afterText: 3 }]);
  for (const memory of [streamed, whole]) expect((await memory.recall(KEY, [lookup])).size).toBe(1);
});

test('a whole answer and its stream are remembered alike', async () => {
  const blockList = fc.array(
    fc.oneof(
      fc
        .tuple(fc.string({ unit: 'grapheme', maxLength: 5 }), fc.constantFrom('s', 'c2ln'))
        .map(([t, s]) => thinking(t, s)),
      fc.constant({ type: 'redacted_thinking', data: 'x' }),
      fc.string({ minLength: 1, maxLength: 5 }).map((text) => ({ type: 'text', text })),
      fc.nat(9).map((n) => toolUse(`t${n}`, {})),
    ),
    { maxLength: 6 },
  );
  await fc.assert(
    fc.asyncProperty(blockList, async (blocks) => {
      const whole = new InProcessReasoningMemory();
      const collector = new ReasoningCollector();
      const text = JSON.stringify({ id: 'msg_1', content: blocks, stop_reason: 'end_turn' });
      const surface = { readError: () => new Error() as never, repair: false };
      collector.add(wires.messages.decodeAnswer(text, JSON.parse(text) as JsonObject, surface));
      collector.remember(whole, KEY, 'anthropic');
      const streamed = remembered(blocks);
      const reasoning = blocks.map((block) => ('thinking' in block ? block.thinking : '')).join('');
      const lookups = [...Array.from({ length: 10 }, (_, n) => `call:t${n}`), textLookup(reasoning)];
      for (const lookup of lookups) {
        expect(await streamed.recall(KEY, [lookup])).toEqual(await whole.recall(KEY, [lookup]));
      }
      // Of two calls by one id the stream gives one another.
      const ids = blocks.flatMap((block) => ('id' in block ? [block.id] : []));
      if (new Set(ids).size < ids.length) return;
      const isKnown = (await streamed.recall(KEY, lookups)).size > 0 && blocks.some(isThinking);
      for (const memory of [streamed, whole]) {
        expect((await memory.recall(KEY, [wholeOf(blocks)])).size).toBe(isKnown ? 1 : 0);
      }
    }),
    { numRuns: 60 },
  );
});

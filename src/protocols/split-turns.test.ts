import { describe, expect, test } from 'bun:test';
import { KEY, remembered, type Sent, send, thinking, toolCall, tools, toolUse } from './golden/reasoning-replay.ts';
import { textLookup } from './reasoning-memory.ts';

describe('a Chat client at an upstream that signs its thinking', () => {
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
});

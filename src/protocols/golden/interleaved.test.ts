import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { accumulateChat, accumulateMessages } from '../../../tests/support/stream-accumulators.ts';
import { checkChatStream, checkMessagesStream } from '../../../tests/support/stream-invariants.ts';
import { asArray, asObject, asString, type JsonObject, parseJson } from '../json.ts';
import { cut, someInput, someText } from './generators.ts';
import {
  chatFrames,
  type MessagesEvent,
  messagesFrames,
  type TranslatedEvents,
  translateAnswer,
  translateStream,
} from './harness.ts';

/*
 * Answers whose pieces come in any order: text between calls, reasoning after text, arguments in turns, blocks nobody here
 * knows. Streamed and read by the official client they say what the whole answer says.
 */
const runs = { numRuns: 120, seed: 7 };
const USAGE = { prompt_tokens: 10, completion_tokens: 50, total_tokens: 60 };
const MESSAGES_USAGE = { input_tokens: 10, output_tokens: 50 };

/** Members in one order: accumulators and answers have them in different ones. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** What a Messages answer says, however it is cut into blocks. */
function saidInBlocks(content: unknown) {
  const blocks = asArray(content).map((block) => asObject(block) ?? {});
  const joined = (type: string, member: string): string =>
    blocks.map((block) => (block.type === type ? (asString(block[member]) ?? '') : '')).join('');
  const calls = blocks.filter((block) => block.type === 'tool_use').map(({ id, name, input }) => [id, name, input]);
  return { text: joined('text', 'text'), thinking: joined('thinking', 'thinking'), calls };
}

const someStep = fc.record({
  kind: fc.constantFrom('text', 'reasoning', 'call', 'call', 'nothing'),
  text: someText,
  call: fc.nat(2),
});
type Step = typeof someStep extends fc.Arbitrary<infer T> ? T : never;

interface Order {
  steps: Step[];
  inputs: string[];
  size: number;
}
const someOrder: fc.Arbitrary<Order> = fc.record({
  steps: fc.array(someStep, { maxLength: 12 }),
  inputs: fc.array(fc.oneof(someInput, fc.constant('')), { minLength: 3, maxLength: 3 }),
  size: fc.integer({ min: 1, max: 9 }),
});

/** Deltas of a Chat Completions upstream in this order, and the message that they add up to. */
function chatDeltas({ steps, inputs, size }: Order): { deltas: JsonObject[]; message: JsonObject; calls: number } {
  const deltas: JsonObject[] = [{ role: 'assistant', content: '' }];
  const rest = inputs.map((input) => cut(input, [size]));
  const begun: number[] = [];
  let [text, reasoning] = ['', ''];
  const more = (call: number): void => {
    const index = begun.indexOf(call);
    if (index < 0) {
      const fn = { name: `f${call}`, arguments: '' };
      deltas.push({
        tool_calls: [{ index: begun.push(call) - 1, id: `call_${call}`, type: 'function', function: fn }],
      });
      return;
    }
    const piece = rest[call]!.shift();
    if (piece !== undefined) deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] });
  };
  for (const step of steps) {
    if (step.kind === 'text') deltas.push({ content: step.text });
    else if (step.kind === 'reasoning') deltas.push({ content: null, reasoning_content: step.text });
    else if (step.kind === 'nothing') deltas.push({ content: '' });
    else more(step.call);
    if (step.kind === 'text') text += step.text;
    if (step.kind === 'reasoning') reasoning += step.text;
  }
  while (begun.some((call) => rest[call]!.length > 0)) begun.forEach(more);
  const tool_calls = begun.map((call) => {
    return { id: `call_${call}`, type: 'function', function: { name: `f${call}`, arguments: inputs[call] } };
  });
  const message = { role: 'assistant', content: text, reasoning_content: reasoning, tool_calls };
  return { deltas, message, calls: begun.length };
}

test('a Chat Completions answer in any order says to a Messages client what it says whole', async () => {
  await fc.assert(
    fc.asyncProperty(someOrder, async (order) => {
      const { deltas, message, calls } = chatDeltas(order);
      const finish_reason = calls > 0 ? 'tool_calls' : 'stop';
      const choice = (more: object) => ({ id: 'c', choices: [{ index: 0, finish_reason: null, ...more }] });
      const frames = chatFrames([
        ...deltas.map((delta) => choice({ delta })),
        { ...choice({ delta: {}, finish_reason }), usage: USAGE },
      ]);
      const { text, stream }: TranslatedEvents = translateStream('chat-completions', [frames]);
      expect(checkMessagesStream(text)).toEqual([]);
      const whole = translateAnswer(
        'chat-completions',
        JSON.stringify({ id: 'c', choices: [{ index: 0, message, finish_reason }], usage: USAGE }),
      );
      const seen = await accumulateMessages(text);
      expect(plain(saidInBlocks(seen.content))).toEqual(plain(saidInBlocks(whole.parsed.content)));
      expect(String(seen.stop_reason)).toBe(String(whole.parsed.stop_reason));
      expect(stream.usage()).toEqual(whole.usage);
    }),
    runs,
  );
});

const someBlock = fc.record({
  type: fc.constantFrom('text', 'thinking', 'redacted_thinking', 'tool_use', 'future_block'),
  text: someText,
  input: someInput,
  noise: fc.constantFrom('', 'ping', 'future_event', 'future_delta'),
});
type Block = typeof someBlock extends fc.Arbitrary<infer T> ? T : never;

/** The block as its text, and the events that stream it. */
function asBlock({ type, text, input, noise }: Block, index: number, size: number): [string, MessagesEvent[]] {
  const id = `toolu_${index}`;
  const shapes: Record<Block['type'], { start: object; whole: string; deltas: object[] }> = {
    text: {
      start: { type, text: '' },
      whole: JSON.stringify({ type, text }),
      deltas: cut(text, [size]).map((piece) => ({ type: 'text_delta', text: piece })),
    },
    thinking: {
      start: { type, thinking: '', signature: '' },
      whole: JSON.stringify({ type, thinking: text, signature: 'c2ln' }),
      deltas: [
        ...cut(text, [size]).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: 'c2ln' },
      ],
    },
    redacted_thinking: { start: { type, data: 'ZGF0' }, whole: `{"type":"${type}","data":"ZGF0"}`, deltas: [] },
    tool_use: {
      start: { type, id, name: 'run', input: {} },
      whole: `{"type":"tool_use","id":"${id}","name":"run","input":${input}}`,
      deltas: cut(input, [size]).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
    },
    future_block: { start: { type, new: 1 }, whole: `{"type":"${type}","new":1}`, deltas: [] },
  };
  const { start, whole, deltas } = shapes[type];
  const odd: MessagesEvent[] =
    noise === 'future_delta'
      ? [{ type: 'content_block_delta', index, delta: { type: noise, new: 1 } }]
      : noise === ''
        ? []
        : [{ type: noise }];
  const events: MessagesEvent[] = [
    { type: 'content_block_start', index, content_block: start },
    ...odd,
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
  return [whole, events];
}

test('a Messages answer in any order says to a Chat client what it says whole', async () => {
  const stops = ['end_turn', 'max_tokens', 'tool_use', 'stop_sequence', 'refusal', 'pause_turn', 'future_reason'];
  await fc.assert(
    fc.asyncProperty(
      fc.array(someBlock, { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(...stops),
      async (sketched, size, stop_reason) => {
        const blocks = sketched.map((block, i) => asBlock(block, i, size));
        const head = { id: 'msg_1', type: 'message', role: 'assistant', model: 'up' };
        const frames = messagesFrames([
          { type: 'message_start', message: { ...head, content: [], usage: { ...MESSAGES_USAGE, output_tokens: 1 } } },
          ...blocks.flatMap(([, events]) => events),
          { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 50 } },
          { type: 'message_stop' },
        ]);
        const { text, stream } = translateStream('messages', [frames]);
        expect(checkChatStream(text, { includeUsage: true })).toEqual([]);
        const rest = JSON.stringify({ ...head, stop_reason, stop_sequence: null, usage: MESSAGES_USAGE });
        const whole = translateAnswer('messages', `{"content":[${blocks.map(([block]) => block)}],${rest.slice(1)}`);
        const told = asObject(asArray(whole.parsed.choices)[0])!;
        const message = asObject(told.message)!;
        const seen = (await accumulateChat(text)).choices[0]!;
        expect(seen.message.content || '').toBe(asString(message.content) ?? '');
        expect(String(seen.finish_reason)).toBe(String(told.finish_reason));
        const callsOf = (list: unknown) =>
          asArray(list).map((call) => {
            const { id, function: fn } = asObject(call)!;
            return [id, asObject(fn)!.name, asObject(fn)!.arguments];
          });
        expect(callsOf(plain(seen.message.tool_calls ?? []))).toEqual(callsOf(message.tool_calls));
        expect(reasoningIn(text)).toBe(asString(message.reasoning_content) ?? '');
        expect(stream.usage()).toEqual(whole.usage);
      },
    ),
    runs,
  );
});

/** The official client knows no reasoning. */
const reasoningIn = (text: string): string =>
  text
    .split('\n')
    .map((line) => asObject(parseJson(line.replace(/^data: /, ''))))
    .map((chunk) => asObject(asObject(asArray(chunk?.choices)[0])?.delta)?.reasoning_content ?? '')
    .join('');

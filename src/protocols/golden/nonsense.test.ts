import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { checkChatStream, checkMessagesStream } from '../../../tests/support/stream-invariants.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import type { Protocol } from '../protocol.ts';
import { typeName } from '../type-name.ts';
import { chatFrames, messagesFrames, otherProtocol, translateAnswer, translateStream } from './harness.ts';

/* Upstreams that send JSON of nearly the right shape: it becomes an answer that holds, or an error of ours, never a crash. */
const value = fc.oneof(
  fc.constantFrom<unknown>(null, '', 'x', 0, -1, 1.5, true, [], {}, '{}', '{"a":', 'stop', 'tool_use'),
  fc.jsonValue({ maxDepth: 1 }),
);
const shaped = (members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(Object.entries(members).map(([name, is]) => [name, fc.oneof(is, is, is, value)])), {
    requiredKeys: [],
  });
const few = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.array(fc.oneof(item, item, value), { maxLength: 3 });

const call = shaped({
  index: fc.nat(2),
  id: fc.constantFrom('a', 'b', ''),
  type: fc.constant('function'),
  function: shaped({ name: fc.constantFrom('run', ''), arguments: fc.constantFrom('', '{"a":1}', '{"a"', '}') }),
});
const delta = shaped({
  role: fc.constant('assistant'),
  content: fc.constantFrom('', 'Hi'),
  reasoning_content: fc.constantFrom('', 'Hm'),
  refusal: fc.constantFrom('', 'No'),
  tool_calls: few(call),
});
const usage = shaped({ prompt_tokens: fc.nat(9), completion_tokens: fc.nat(9), total_tokens: fc.nat(9) });
const reason = fc.constantFrom(null, 'stop', 'length', 'tool_calls', 'content_filter', 'new');
const choice = (name: string) => shaped({ index: fc.constant(0), [name]: delta, finish_reason: reason });
const chunk = shaped({ id: fc.constant('c'), choices: few(choice('delta')), usage });
const chatAnswer = shaped({ id: fc.constant('c'), choices: few(choice('message')), usage });

const block = shaped({
  type: fc.constantFrom('text', 'thinking', 'redacted_thinking', 'tool_use', 'new'),
  text: fc.constantFrom('', 'Hi'),
  thinking: fc.constantFrom('', 'Hm'),
  signature: fc.constantFrom('', 's'),
  data: fc.constant('x'),
  id: fc.constantFrom('a', ''),
  name: fc.constantFrom('run', ''),
  input: fc.constantFrom<unknown>({}, { a: 1 }),
});
const stopReason = fc.constantFrom(null, 'end_turn', 'tool_use', 'max_tokens', 'refusal', 'new');
const blockDelta = shaped({
  type: fc.constantFrom('text_delta', 'thinking_delta', 'signature_delta', 'input_json_delta', 'new'),
  text: fc.constant('Hi'),
  thinking: fc.constant('Hm'),
  signature: fc.constant('s'),
  partial_json: fc.constantFrom('', '{"a":1}', '{"a"'),
});
const index = fc.nat(1);
const report = shaped({ input_tokens: fc.nat(9), output_tokens: fc.nat(9) });
const event = fc.oneof(
  shaped({ type: fc.constant('message_start'), message: shaped({ id: fc.constant('m'), usage: report }) }),
  shaped({ type: fc.constant('content_block_start'), index, content_block: block }),
  shaped({ type: fc.constant('content_block_delta'), index, delta: blockDelta }),
  shaped({ type: fc.constant('content_block_stop'), index }),
  shaped({ type: fc.constant('message_delta'), delta: shaped({ stop_reason: stopReason }), usage: report }),
  shaped({ type: fc.constantFrom('message_stop', 'ping', 'new') }),
);
const messagesAnswer = shaped({ id: fc.constant('m'), content: few(block), stop_reason: stopReason, usage: report });

const start = { type: 'message_start', message: { id: 'm', usage: {} } };
const stream = {
  'chat-completions': fc.array(chunk, { maxLength: 8 }).map((chunks) => chatFrames(chunks)),
  messages: fc.array(event, { maxLength: 10 }).map((events) =>
    messagesFrames(
      [start, ...events, { type: 'message_stop' }].map((e) => ({
        ...e,
        type: typeName('type' in e ? e.type : undefined),
      })),
    ),
  ),
};
const answer = { 'chat-completions': chatAnswer, messages: messagesAnswer };

for (const upstream of ['chat-completions', 'messages'] as Protocol[]) {
  test(`streams of a ${upstream} upstream`, () => {
    fc.assert(
      fc.property(stream[upstream], (frames) => {
        const { text, stream } = translateStream(upstream, [frames]);
        if (stream.state !== 'complete') {
          expect(stream.failure).toBeInstanceOf(GatewayError);
          return;
        }
        const violations =
          otherProtocol(upstream) === 'messages'
            ? checkMessagesStream(text)
            : checkChatStream(text, { includeUsage: true });
        expect(violations).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test(`answers of a ${upstream} upstream`, () => {
    fc.assert(
      fc.property(answer[upstream], (body) => {
        try {
          expect(translateAnswer(upstream, JSON.stringify(body)).parsed).toBeObject();
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(GatewayError);
        }
      }),
      { numRuns: 1000 },
    );
  });
}

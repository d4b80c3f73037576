import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../errors/catalogue.ts';
import { ReasoningCollector } from './collect-reasoning.ts';
import { DeltaTemplate } from './delta-template.ts';
import { InProcessReasoningMemory } from './in-process-reasoning-memory.ts';
import type { StreamPart } from './neutral.ts';
import type { Protocol } from './protocol.ts';
import { TranslatedStream } from './translated-stream.ts';
import { wires } from './wires.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array | undefined): string => (bytes === undefined ? '' : new TextDecoder().decode(bytes));
const readError = (): GatewayError => new GatewayError('upstream_error', 'told');

/** JSON strings as vendors write them, and some that stand elsewhere in the frame too. */
const someString = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('" the"', '"a"', '" word"', '"中文"', '"🤔"', '" x y"') },
  fc.string({ maxLength: 5 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"content"',
    '"text"',
    '"\\n"',
    '"\\u4e2d"',
    '"\\ud83d"',
    '"\\"}]}"',
    '"a\\\\"',
    '""',
    '"[DONE]"',
    '"\u007f"',
    '"\u2028"',
  ),
);

type Frame = (extra: string) => string;

const chatDelta = (delta: string): Frame => {
  return (extra) => `data: {${extra}"id":"c","model":"m","choices":[{"index":0,"delta":{${delta}}}],"usage":null}\n\n`;
};
const chatFrame: fc.Arbitrary<Frame> = fc.oneof(
  { weight: 6, arbitrary: someString.map((text) => chatDelta(`"content":${text}`)) },
  { weight: 4, arbitrary: someString.map((text) => chatDelta(`"content":null,"reasoning_content":${text}`)) },
  someString.map((text) => chatDelta(`"refusal":${text}`)),
  fc.tuple(someString, someString).map(([a, b]) => chatDelta(`"reasoning_content":${a},"content":${b}`)),
  someString.map((text) =>
    chatDelta(`"tool_calls":[{"index":0,"id":"call_1","function":{"name":"f","arguments":${text}}}]`),
  ),
  fc.constant<Frame>(
    (extra) => `data: {${extra}"id":"c","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}}\n\n`,
  ),
  fc.constant<Frame>(() => ': comment\n\n'),
  fc.constant<Frame>((extra) => `data: {${extra}"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n`),
);
const chatEnd: Frame = () => 'data: [DONE]\n\n';

const event = (type: string, members: string): Frame => {
  return (extra) => `event: ${type}\ndata: {${extra}"type":"${type}"${members}}\n\n`;
};
/** Blocks that open and close properly; what is in them need not fit. */
const messagesBlock: fc.Arbitrary<Frame[]> = fc
  .record({
    kind: fc.constantFrom('text', 'thinking', 'tool_use'),
    texts: fc.array(someString, { maxLength: 8 }),
    pings: fc.boolean(),
  })
  .map(({ kind, texts, pings }) => {
    const starts = {
      text: '{"type":"text","text":""}',
      thinking: '{"type":"thinking","thinking":""}',
      tool_use: '{"type":"tool_use","id":"toolu_1","name":"f","input":{}}',
    };
    const delta = (text: string): string => {
      if (kind === 'text') return `{"type":"text_delta","text":${text}}`;
      if (kind === 'thinking') return `{"type":"thinking_delta","thinking":${text}}`;
      return `{"type":"input_json_delta","partial_json":${text}}`;
    };
    return [
      event('content_block_start', `,"index":0,"content_block":${starts[kind as keyof typeof starts]}`),
      ...texts.flatMap((text) => [
        event('content_block_delta', `,"index":0,"delta":${delta(text)}`),
        ...(pings ? [event('ping', '')] : []),
      ]),
      event('content_block_stop', ',"index":0'),
    ];
  });
const messagesStart = event(
  'message_start',
  ',"message":{"id":"m","model":"c","usage":{"input_tokens":3,"output_tokens":1}}',
);
const messagesEnd = [
  event('message_delta', ',"delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}'),
  event('message_stop', ''),
];

/** All that a lane gives for these bytes, cut into pieces of this size. */
function run(client: Protocol, upstream: Protocol, text: string, size: number) {
  const context = { model: 'asked', requestId: 'req_1', includeUsage: true, createdSeconds: 1, inputEstimate: 9 };
  const collector = new ReasoningCollector();
  const lane = new TranslatedStream({
    client: wires[client],
    upstream: wires[upstream],
    context,
    readError,
    repair: false,
    collector,
  });
  const bytes = encode(text);
  let out = '';
  for (let at = 0; at < bytes.length; at += size) {
    lane.push(bytes, at, Math.min(bytes.length, at + size));
    out += decode(lane.take());
  }
  lane.end();
  out += decode(lane.take());
  const terminal = lane.state === 'complete' ? decode(lane.terminal()) : '';
  const memory = new InProcessReasoningMemory();
  let kept: unknown;
  memory.remember = (_key, lookups, turn) => {
    kept = { lookups, turn };
  };
  collector.remember(memory, 'key_1', 'deepseek');
  const { state, deltaSeen } = lane;
  return { out, terminal, state, deltaSeen, output: lane.output(), usage: lane.usage(), kept };
}

/** Frames that all differ in a member that means nothing are never like the one before. */
const unlike = (frames: Frame[]): string => frames.map((frame, i) => frame(`"nonce":"n${i}",`)).join('');
const alike = (frames: Frame[]): string => frames.map((frame) => frame('')).join('');

const someSize = fc.constantFrom(1, 7, 40, 200, 100_000);

test('chunks that look alike leave as those that do not', () => {
  fc.assert(
    fc.property(fc.array(chatFrame, { maxLength: 30 }), someSize, (frames, size) => {
      const whole = [...frames, chatEnd];
      expect(run('messages', 'chat-completions', alike(whole), size)).toEqual(
        run('messages', 'chat-completions', unlike(whole), size),
      );
    }),
    { numRuns: 2000 },
  );
});

test('events that look alike leave as those that do not', () => {
  fc.assert(
    fc.property(fc.array(messagesBlock, { maxLength: 5 }), someSize, (blocks, size) => {
      const whole = [messagesStart, ...blocks.flat(), ...messagesEnd];
      expect(run('chat-completions', 'messages', alike(whole), size)).toEqual(
        run('chat-completions', 'messages', unlike(whole), size),
      );
    }),
    { numRuns: 2000 },
  );
});

test('a delta that leaves in another way than the one before it stands for none that follow', () => {
  let deltas = 0;
  // Says something more with its second delta, as an encoder may that opens a block late.
  const streamEncoder = () => ({
    deltaSeen: true,
    push: (part: StreamPart) =>
      part.type === 'text-delta' ? `${++deltas === 2 ? 'block ' : ''}${JSON.stringify(part.text)}` : '',
    end: () => '',
  });
  const context = { model: 'asked', requestId: 'req_1', includeUsage: true, createdSeconds: 1, inputEstimate: 9 };
  const client = { ...wires.messages, streamEncoder };
  const lane = new TranslatedStream({ client, upstream: wires['chat-completions'], context, readError, repair: false });
  for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) lane.push(encode(chatDelta(`"content":"${word}${word}"`)('')));
  // The first delta comes with the beginning of its piece.
  expect(decode(lane.take())).toBe('"aa"block "bb""cc""dd""ee""ff"');
  // The fourth was like the third; what follows is not encoded any more.
  expect(deltas).toBe(4);
});

test('a long answer of like chunks is read by its template, and one with other members in each is not', () => {
  const reads = (frames: string): number => {
    let found = 0;
    const { read } = DeltaTemplate.prototype;
    DeltaTemplate.prototype.read = function (...input) {
      const text = read.apply(this, input);
      if (text !== undefined) found++;
      return text;
    };
    try {
      run('messages', 'chat-completions', frames, 100_000);
    } finally {
      DeltaTemplate.prototype.read = read;
    }
    return found;
  };
  const deltas = Array.from({ length: 100 }, (_, i) => chatDelta(`"content":" w${i}"`));
  expect(reads(alike(deltas))).toBe(97);
  expect(reads(unlike(deltas))).toBe(0);
});

test('a text that is written with escapes makes no template of what merely looks like it', () => {
  const block = encode(String.raw`data: {"id":"abc","content":"\u0061bc"}`);
  expect(DeltaTemplate.of(block, 0, block.length, 'abc', 'out "abc"')).toBeUndefined();
});

test('a text that stands twice in its block makes no template', () => {
  const block = encode('data: {"content":"content"}\n\n');
  expect(DeltaTemplate.of(block, 0, block.length, 'content', 'out "content"')).toBeUndefined();
  const other = encode('data: {"content":"text"}\n\n');
  const template = DeltaTemplate.of(other, 0, other.length, 'text', 'out "text"!')!;
  expect(template.read(block, 0, block.length)).toBe('content');
  expect(template.write('content')).toBe('out "content"!');
});

import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../../errors/catalogue.ts';
import { ChatExpressStream } from './express-stream.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const lane = (model: string, includeUsage: boolean) =>
  new ChatExpressStream({ model, includeUsage, readError: () => new GatewayError('upstream_error', 'told') });

/** JSON strings as vendors write them, and some that no vendor should. */
const someString = fc.oneof(
  fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '"中文 🤔"',
    '"a\\\\"',
    '"\\""',
    '"say \\"usage\\":null"',
    '"\\u4e2d"',
    '"a\nb"',
    '"a\rb"',
    '"a\\"',
    '""',
    'null',
  ),
);
const someDelta = fc.oneof(
  { weight: 4, arbitrary: someString.map((text) => `{"content":${text}}`) },
  { weight: 2, arbitrary: someString.map((text) => `{"content":null,"reasoning_content":${text}}`) },
  fc.tuple(someString, someString).map(([a, b]) => `{"reasoning_content":${a},"content":${b}}`),
  fc.tuple(someString, someString).map(([a, b]) => `{"content":${a},"refusal":${b}}`),
  someString.map((text) => `{"tool_calls":[{"index":0,"function":{"arguments":${text}}}]}`),
  fc.constant('{"role":"assistant","content":""}'),
);
const someFrame = fc
  .tuple(
    someDelta,
    fc.constantFrom('m', 'other'),
    fc.constantFrom(',"usage":null', '', ',"x":1', ',"usage":{"prompt_tokens":3,"completion_tokens":1}'),
    fc.constantFrom(0, 0, 0, 1),
    fc.constantFrom('\n\n', '\n\n', '\r\n\r\n'),
  )
  .map(
    ([delta, model, rest, index, end]) =>
      `data: {"id":"x","model":"${model}","choices":[{"index":${index},"delta":${delta},"finish_reason":null}]${rest}}${end}`,
  );
/** Frames in runs: the shape that a template is for. */
const someStream = fc
  .array(fc.tuple(someFrame, fc.array(someString, { maxLength: 4 })), { maxLength: 6 })
  .map((groups) =>
    groups.flatMap(([frame, texts]) => [
      frame,
      ...texts.map((text) => frame.replace(/"content":"(?:[^"\\]|\\.)*"/, () => `"content":${text}`)),
      ...texts.map((text) => frame.replace(/"content":"(?:[^"\\]|\\.)*"/, () => `"content":${text},"refusal":"no"`)),
    ]),
  );

test('a stream leaves as its chunks would one by one', () => {
  fc.assert(
    fc.property(someStream, fc.constantFrom('m', 'alias'), fc.boolean(), (frames, model, includeUsage) => {
      const together = lane(model, includeUsage);
      let text = '';
      let reasoning = '';
      for (const frame of frames) {
        together.push(encode(frame));
        const alone = lane(model, includeUsage);
        alone.push(encode(frame));
        expect(together.take()).toEqual(alone.take());
        expect(together.state).toBe(alone.state);
        ({ text, reasoning } = { text: text + alone.output().text, reasoning: reasoning + alone.output().reasoning });
        if (together.state !== 'open') return;
      }
      // A raw line break makes the kept text no JSON as a whole, though each part was none either.
      if (frames.some((frame) => /[\n\r](?![\n\r]|$)/.test(frame.trimEnd()))) return;
      expect(together.output()).toEqual({ text, reasoning });
    }),
    { numRuns: 2_000 },
  );
});

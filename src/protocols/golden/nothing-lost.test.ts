import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { Target } from '../wire.ts';
import { translateRequest } from './harness.ts';
import { targetNamed, targetNames } from './targets.ts';

/*
 * Nothing is lost in silence: every text of a request has a mark of its own, and each mark goes up, or something on the way
 * to it is listed. `§` is where a mark goes.
 */
const runs = { numRuns: 200, seed: 7 };

const maybe = <T>(some: fc.Arbitrary<T>, freq = 2): fc.Arbitrary<T | undefined> =>
  fc.option(some, { nil: undefined, freq });
const someWords = fc.constantFrom<string>('§', ' §\n', '🙂§', '</system>§', '{"§":1}', '\u2028§\\"');
const someText = fc.oneof({ weight: 6, arbitrary: someWords }, fc.constant(''));
const someMark = fc.constantFrom<object>({ type: 'ephemeral' }, { type: 'ephemeral', ttl: '1h' });
/** With a cache mark and members that nobody here knows, now and then. */
const marked = (some: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc
    .record({ object: some, cache_control: maybe(someMark, 5), unknown_one: maybe(fc.constant('§'), 5) })
    .map(({ object, ...more }) => ({ ...object, ...more }));
const someSchema = fc.constantFrom<object>(
  { type: 'object', properties: { b: { type: 'string', description: '§' }, a: { enum: ['§'] } }, required: ['b'] },
  { properties: { q: { $ref: '#/$defs/x' } }, $defs: { x: { type: 'string', title: '§' } } },
  { type: 'object', additionalProperties: { type: 'string' }, description: '§' },
  { type: 'object', properties: { a: { type: 'string', pattern: '§', minLength: 1 } }, additionalProperties: false },
);
const someInput = fc.constantFrom<object>({}, { a: '§' }, { '2': ['§', null], '1': { b: '§' } }, { _raw: '§' });
const someName = fc.constantFrom('run', 'mcp__server__tool', 'n'.repeat(70));
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const numbered = <T extends object>(calls: T[], turn: number) =>
  calls.map((call, i) => ({ ...call, id: `c${turn}_${i}` }));

const someChat = (() => {
  const text = marked(someText.map((words) => ({ type: 'text', text: words })));
  const image = fc.constantFrom<object>(
    { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'high' } },
    { type: 'image_url', image_url: { url: 'https://example.com/§.png' } },
  );
  const file = fc.constant<object>({
    type: 'file',
    file: { filename: '§.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
  });
  const content = fc.oneof(someText, fc.array(fc.oneof({ weight: 4, arbitrary: text }, image, file), { maxLength: 3 }));
  const system = fc.record({
    role: fc.constantFrom('system', 'developer'),
    content: fc.oneof(someText, fc.array(text)),
  });
  const name = maybe(fc.constant('n_§'), 5);
  // A message of nothing is none, whoever says it.
  const user = fc.record({ role: fc.constant('user'), content: content.filter((parts) => parts.length > 0), name });
  const call = fc.record({
    name: someName,
    input: fc.oneof(
      someInput.map((input) => JSON.stringify(input)),
      someText,
    ),
  });
  const turn = fc.record({
    content: fc.oneof(fc.constant(null), someText, fc.array(text, { maxLength: 2 })),
    reasoning_content: maybe(someText),
    refusal: maybe(fc.constant('no §'), 5),
    name,
    calls: fc.array(fc.record({ call, result: content }), { maxLength: 2 }),
  });
  const tool = marked(
    fc
      .record({
        name: someName,
        description: maybe(someText),
        parameters: maybe(someSchema),
        strict: maybe(fc.boolean()),
      })
      .map((fn) => ({ type: 'function', function: fn })),
  );
  const format = someSchema.map((schema) => {
    return { type: 'json_schema', json_schema: { name: '§', description: '§', schema } };
  });
  const options = fc.record({
    stop: maybe(fc.constantFrom<unknown>('§', ['§', ' ']), 3),
    user: maybe(fc.constantFrom('§', '§@example.com', `§${'x'.repeat(80)}`), 3),
    safety_identifier: maybe(fc.constant('§'), 5),
    metadata: maybe(fc.constant({ key: '§' }), 5),
    response_format: maybe(format, 4),
    reasoning: maybe(fc.constant({ effort: 'low', unknown_one: '§' }), 5),
    prompt_cache_key: maybe(fc.constant('§'), 5),
    unknown_one: maybe(fc.constant('§'), 5),
  });
  const others = fc.oneof(user, system, turn);
  return fc
    .record({
      first: system,
      others: fc.array(others, { maxLength: 5 }),
      tools: fc.uniqueArray(tool, { maxLength: 3 }),
      options,
    })
    .map(({ first, others, tools, options }) => {
      const messages: object[] = [first, { role: 'user', content: 'go' }];
      others.forEach((message, turn) => {
        if (!('calls' in message)) {
          messages.push(message);
          return;
        }
        const { calls, ...said } = message;
        const tool_calls = numbered(calls, turn).map(({ id, call: { name, input } }) => {
          return { id, type: 'function', function: { name, arguments: input } };
        });
        messages.push({ role: 'assistant', ...said, ...(tool_calls.length > 0 && { tool_calls }) });
        calls.forEach(({ result }, i) => {
          messages.push({ role: 'tool', tool_call_id: `c${turn}_${i}`, content: result });
        });
      });
      messages.push({ role: 'user', content: 'last §' });
      return { model: 'm', max_tokens: 900, messages, ...(tools.length > 0 && { tools }), ...options };
    });
})();

const someMessages = (() => {
  const text = marked(someText.map((words) => ({ type: 'text', text: words })));
  const source = fc.constantFrom<object>(
    { type: 'base64', media_type: 'image/png', data: PNG },
    { type: 'url', url: 'https://example.com/§' },
  );
  const image = marked(source.map((from) => ({ type: 'image', source: from })));
  const document = marked(
    fc.constantFrom<object>(
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '§' }, title: '§', context: '§' },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' }, title: '§' },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: '§' }] }, title: '§' },
      { type: 'document', source: { type: 'url', url: 'https://example.com/§.pdf' } },
      { type: 'search_result', source: '§', title: '§', content: [{ type: 'text', text: '§' }] },
    ),
  );
  const block = fc.oneof({ weight: 4, arbitrary: text }, image, document);
  const content = fc.oneof(someText, fc.array(block, { maxLength: 3 }));
  const thinking = fc.oneof(
    someText.map((words) => ({ type: 'thinking', thinking: words, signature: '' })),
    fc.constant<object>({ type: 'redacted_thinking', data: '§' }),
  );
  const call = fc.record({ name: someName, input: someInput });
  const result = fc.record({ content: maybe(content, 4), is_error: maybe(fc.boolean()) });
  const turn = fc.record({
    said: fc.array(fc.oneof(thinking, text), { maxLength: 3 }),
    calls: fc.array(fc.record({ call, result }), { maxLength: 2 }),
    more: fc.array(block, { maxLength: 1 }),
  });
  const system = fc.record({ role: fc.constant('system'), content: fc.oneof(someText, fc.array(text)) });
  const tool = marked(
    fc.record({
      name: someName,
      description: maybe(someText),
      input_schema: someSchema,
      defer_loading: maybe(fc.boolean(), 5),
    }),
  );
  const options = fc.record({
    system: maybe(fc.oneof(someText, fc.array(text, { maxLength: 2 }))),
    stop_sequences: maybe(fc.constantFrom<string[]>(['§'], ['§', ' ']), 3),
    metadata: maybe(
      fc.constantFrom<object>({ user_id: '§' }, { user_id: '§@x' }, { user_id: `§${'x'.repeat(300)}`, other: '§' }),
      3,
    ),
    output_config: maybe(
      someSchema.map((schema) => ({ format: { type: 'json_schema', schema } })),
      4,
    ),
    context_management: maybe(fc.constant({ edits: [{ type: '§' }] }), 5),
    unknown_one: maybe(fc.constant('§'), 5),
  });
  const others = fc.oneof(fc.record({ role: fc.constant('user'), content }), system, turn);
  return fc
    .record({ others: fc.array(others, { maxLength: 5 }), tools: fc.uniqueArray(tool, { maxLength: 3 }), options })
    .map(({ others, tools, options }) => {
      const messages: object[] = [{ role: 'user', content: 'go' }];
      others.forEach((message, turn) => {
        if (!('said' in message)) {
          messages.push(message);
          return;
        }
        const { said, calls, more } = message;
        const uses = numbered(calls, turn).map(({ id, call }) => ({ type: 'tool_use', id, ...call }));
        messages.push({ role: 'assistant', content: [...said, ...uses] });
        const results = numbered(calls, turn).map(({ id, result }) => ({
          type: 'tool_result',
          tool_use_id: id,
          ...result,
        }));
        if (calls.length > 0) messages.push({ role: 'user', content: [...results, ...more] });
      });
      messages.push({ role: 'user', content: 'last §' });
      return { model: 'm', max_tokens: 900, messages, ...(tools.length > 0 && { tools }), ...options };
    });
})();

/** Where each mark stands: the names on the way to it, and the `type` of every object there. */
type Marks = Map<string, string[]>;

function withMarks(value: unknown, way: string[], marks: Marks): unknown {
  if (typeof value === 'string') {
    return value.replaceAll('§', () => {
      const mark = `mark${marks.size}x`;
      marks.set(mark, way);
      return mark;
    });
  }
  if (Array.isArray(value)) return value.map((item) => withMarks(item, way, marks));
  if (typeof value !== 'object' || value === null) return value;
  const { type } = value as { type?: unknown };
  const here = typeof type === 'string' ? [...way, type] : way;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withMarks(member, [...here, name], marks)]),
  );
}

/** The way to each mark that neither went up nor has anything listed on it. */
function lostOf(request: object, target: Target): string[] {
  const marks: Marks = new Map();
  const { text, changed } = translateRequest(JSON.stringify(withMarks(request, [], marks)), target);
  const listed = new Set(changed.flatMap((name) => name.split('.')));
  // All that a block of reasoning has is listed under one name.
  if (listed.has('thinking')) for (const name of ['signature', 'data']) listed.add(name);
  return [...marks]
    .filter(([mark, way]) => !text.includes(mark) && !way.some((name) => listed.has(name)))
    .map(([, way]) => way.join('.'));
}

describe('every text goes up or is listed', () => {
  for (const name of targetNames) {
    test(name, () => {
      const target = targetNamed(name);
      const requests: fc.Arbitrary<object> = target.route.protocol === 'messages' ? someChat : someMessages;
      fc.assert(
        fc.property(requests, (request) => expect(lostOf(request, target)).toEqual([])),
        runs,
      );
    });
  }
});

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { cpuMs } from '../../../tests/support/cpu-time.ts';
import type { RecordedRequest } from '../../../tests/support/scripted-upstream.ts';
import { strictAnthropic, strictDeepSeek, strictOpenAI } from '../../../tests/support/scripted-upstream-strict.ts';
import { isObject, type JsonObject } from '../json.ts';
import { rawAt, scanTopLevel } from '../json-scan.ts';
import { Notes, type Target } from '../wire.ts';
import { wires } from '../wires.ts';
import {
  chatRequest,
  messagesRequest,
  someChatOptions,
  someConversation,
  someMessagesOptions,
} from './conversations.ts';
import { someInput } from './generators.ts';
import { refusalOf, translateRequest } from './harness.ts';
import { targetNamed, targetNames } from './targets.ts';

const requestOf = (protocol: string): typeof chatRequest => (protocol === 'messages' ? chatRequest : messagesRequest);

describe('whatever the conversation', () => {
  for (const name of targetNames) {
    const target = targetNamed(name);
    const request = requestOf(target.route.protocol);

    test(`${name}: the upstream takes it, whatever is asked for`, () => {
      const options = target.route.protocol === 'messages' ? someChatOptions : someMessagesOptions;
      fc.assert(
        fc.property(someConversation, options, (conversation, asked) => {
          const { body } = translateRequest(request(conversation, 'last', asked), target);
          if (target.route.protocol === 'messages') checkMessages(body);
          else checkChat(body);
          expect(strictAnswer(target, body)).toBeUndefined();
        }),
        { numRuns: 200 },
      );
    });

    test(`${name}: the upstream takes the calls of any other server, whatever ids they have`, () => {
      const foreign = ['call_0', 'functions.run:0', `chatcmpl-tool-${'0f'.repeat(16)}`, 'toolu_01Ab', 'ü'.repeat(50)];
      fc.assert(
        fc.property(someConversation, fc.array(fc.nat(foreign.length - 1), { minLength: 1 }), (conversation, picks) => {
          let at = 0;
          const turns = conversation.turns.map((turn) => {
            const ids = new Set<string>();
            const calls = turn.calls.map((call) => {
              let id = foreign[picks[at++ % picks.length]!]!;
              while (ids.has(id)) id += '1';
              ids.add(id);
              return { ...call, id };
            });
            return { ...turn, calls };
          });
          const { body } = translateRequest(request({ ...conversation, turns }, 'last'), target);
          expect(strictAnswer(target, body)).toBeUndefined();
        }),
        { numRuns: 60 },
      );
    });

    test(`D32: ${name}: a turn more changes no byte before it`, () => {
      fc.assert(
        fc.property(someConversation, (conversation) => {
          const { turns } = conversation;
          const shorter = { ...conversation, turns: turns.slice(0, -1) };
          // What the client sent last is the first word of the turn that follows.
          const before = translateRequest(request(shorter, turns.at(-1)!.user), target).text;
          const after = translateRequest(request(conversation, 'last'), target).text;
          const open = rawAt(before, ['messages'])!.slice(0, -1);
          expect(rawAt(after, ['messages'])!.startsWith(open)).toBe(true);
          expect(withoutMessages(after)).toEqual(withoutMessages(before));
          // Up to the end of the last message, the whole body is the same.
          expect(after.startsWith(before.slice(0, before.indexOf(open) + open.length))).toBe(true);
        }),
        { numRuns: 60 },
      );
    });
  }

  test('the same history gives the same bytes', () => {
    fc.assert(
      fc.property(someConversation, fc.constantFrom(...targetNames), (conversation, name) => {
        const target = targetNamed(name);
        const text = requestOf(target.route.protocol)(conversation, 'last');
        expect(translateRequest(text, target).text).toBe(translateRequest(text, target).text);
      }),
      { numRuns: 30 },
    );
  });

  test('B20: there and back nothing is lost: texts, ids, arguments byte for byte, results', () => {
    fc.assert(
      fc.property(someConversation, (conversation) => {
        const there = translateRequest(chatRequest(conversation, 'last'), targetNamed('claude-any')).text;
        const back = translateRequest(there, targetNamed('own-server')).body;
        expect(essence(back)).toEqual(essence(JSON.parse(chatRequest(conversation, 'last')) as JsonObject));
      }),
      { numRuns: 60 },
    );
  });
});

test('G10: schemas and arguments keep their bytes', () => {
  fc.assert(
    fc.property(someInput, (object) => {
      const schema = `{ "type":"object", "x-order":${object} , "n":1.0}`;
      const chat = `{"model":"m","tools":[{"type":"function","function":{"parameters":${schema},"name":"run"}}],"messages":[{"role":"user","content":"x"}]}`;
      const messages = `{"model":"m","max_tokens":9,"tools":[{"input_schema":${schema},"name":"run"}],"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"run","input":${object}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}`;
      expect(rawAt(translateRequest(chat, targetNamed('claude-any')).text, ['tools', 0, 'input_schema'])).toBe(schema);
      const { text, body } = translateRequest(messages, targetNamed('own-server'));
      expect(rawAt(text, ['tools', 0, 'function', 'parameters'])).toBe(schema);
      const calls = (body.messages as { tool_calls?: { function: { arguments: string } }[] }[])[1]?.tool_calls;
      expect(calls?.[0]?.function.arguments).toBe(object);
      // Where the type is missing it is put in, and nothing else is touched.
      const untyped = `{ "x-order":${object} , "n":1.0 }`;
      const sent = translateRequest(
        chat.replace(schema, () => untyped),
        targetNamed('claude-any'),
      ).text;
      const put = rawAt(sent, ['tools', 0, 'input_schema']) ?? '';
      expect(JSON.parse(put)).toMatchObject({ type: 'object', n: 1 });
      expect(put).toContain(untyped.slice(1, -1).trim());
    }),
  );
});

test('thousands of results of one turn are read at the cost of as many turns', () => {
  const calls = Array.from({ length: 60_000 }, (_, i) => ({
    id: `c${i}`,
    type: 'function',
    function: { name: 'run' },
  }));
  const results = calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: '' }));
  const body = { model: 'm', messages: [{ role: 'user' }, { role: 'assistant', tool_calls: calls }, ...results] };
  const text = JSON.stringify(body);
  const at = cpuMs();
  const { messages } = wires['chat-completions'].decodeRequest(text, body, new Notes());
  expect(cpuMs() - at).toBeLessThan(3_000);
  expect(messages[2]!.parts).toHaveLength(60_000);
});

test('calls that nothing answers are named up to a bound, in number and in length', () => {
  const ids = Array.from({ length: 50_000 }, (_, i) => (i === 0 ? 'x'.repeat(10_000) : `call_${i}`));
  const run = { type: 'function', function: { name: 'run' } };
  const chat = { role: 'assistant', tool_calls: ids.map((id) => ({ id, ...run })) };
  const blocks = { role: 'assistant', content: ids.map((id) => ({ type: 'tool_use', id, name: 'run', input: {} })) };
  for (const [protocol, message] of [
    ['chat-completions', chat],
    ['messages', blocks],
  ] as const) {
    const body = { model: 'm', messages: [{ role: 'user', content: 'a' }, message] };
    const refused = () => wires[protocol].decodeRequest(JSON.stringify(body), body, new Notes());
    expect(refused).toThrow(/: x{100}…, call_1, .*, call_19 and 49980 more/);
    expect(refused).not.toThrow(/.{1000}/);
  }
});

test('a message may have more parts than a call can have arguments', () => {
  const parts = Array.from({ length: 1_000_000 }, () => ({ type: 'text', text: 'a' }));
  for (const role of ['system', 'assistant']) {
    const body = { model: 'm', messages: [{ role, content: parts }] };
    const { system, messages } = wires['chat-completions'].decodeRequest(JSON.stringify(body), body, new Notes());
    expect(role === 'system' ? system : messages[0]!.parts).toHaveLength(1_000_000);
  }
});

test('nonsense of any shape is refused by name, never a crash', () => {
  const noise = fc.jsonValue({ maxDepth: 3 });
  const member = (names: string[]) => fc.dictionary(fc.constantFrom(...names), noise, { maxKeys: 6 });
  const block = member([
    'type',
    'text',
    'source',
    'image_url',
    'file',
    'id',
    'name',
    'input',
    'tool_use_id',
    'content',
    'thinking',
  ]);
  const types = fc.constantFrom(
    'text',
    'image',
    'image_url',
    'document',
    'file',
    'tool_use',
    'tool_result',
    'thinking',
    'x',
  );
  const typed = fc.tuple(block, types).map(([object, type]) => ({ ...object, type }));
  const message = fc
    .tuple(
      member(['content', 'tool_calls', 'tool_call_id', 'reasoning_content', 'refusal', 'name']),
      fc.constantFrom('system', 'user', 'assistant', 'tool', 'developer', 'function', 'x'),
      fc.option(fc.array(fc.oneof(typed, block, noise), { maxLength: 3 })),
    )
    .map(([object, role, content]) => ({ ...object, role, ...(content === null ? {} : { content }) }));
  const body = fc
    .tuple(
      member([
        'tools',
        'tool_choice',
        'response_format',
        'system',
        'thinking',
        'output_config',
        'metadata',
        'stop',
        'n',
        'reasoning',
      ]),
      fc.array(fc.oneof(message, noise), { maxLength: 3 }),
    )
    .map(([object, messages]) => ({ model: 'm', ...object, messages }));
  fc.assert(
    fc.property(body, fc.constantFrom(...targetNames), (request, name) => {
      const refusal = refusalOf(request, targetNamed(name));
      if (refusal === undefined) return;
      expect(['invalid_param', 'unsupported_parameter', 'unsupported_feature']).toContain(refusal.code);
      expect(refusal.details.param).toBeString();
    }),
    { numRuns: 1500 },
  );
});

test('a type that cannot become a text is refused like any other', () => {
  const odd = { type: { toString: 1, valueOf: 1 } };
  const bodies = [
    { messages: [{ role: 'user', content: [odd] }] },
    { messages: [{ role: 'user', content: 'x' }], tools: [odd] },
    { messages: [{ role: 'user', content: 'x' }], tools: [], tool_choice: odd },
  ];
  for (const name of ['claude-any', 'own-server'] as const) {
    for (const body of bodies)
      expect(refusalOf({ model: 'm', ...body }, targetNamed(name))?.details.param).toBeString();
  }
});

/** What the vendor would refuse it with; undefined when it would not. */
function strictAnswer(target: Target, body: JsonObject): unknown {
  const strict = {
    anthropic: strictAnthropic({
      systemRole: !target.route.refuses.includes('system-role-in-messages'),
      prefill: !target.route.refuses.includes('prefill'),
    }),
    openai: strictOpenAI(),
    deepseek: strictDeepSeek(),
  }[target.route.vendor];
  const path = target.route.protocol === 'messages' ? '/v1/messages' : '/chat/completions';
  // The simulator's models have names of their own.
  const known = target.route.vendor === 'deepseek' ? { ...body, model: 'deepseek-v4-pro' } : body;
  const request = {
    path,
    headers: { 'anthropic-version': '2023-06-01' },
    text: () => JSON.stringify(known),
    json: () => known,
  };
  return strict?.(request as unknown as RecordedRequest);
}

function withoutMessages(text: string): [string, string][] {
  return scanTopLevel(text)
    .members.filter(({ key }) => key !== 'messages')
    .map(({ key, valueStart, valueEnd }) => [key, text.slice(valueStart, valueEnd)]);
}

interface Block {
  type: string;
  id?: string;
  text?: string;
  tool_use_id?: string;
}

/** Anthropic's rules for `messages`. */
function checkMessages(body: JsonObject): void {
  const messages = body.messages as { role: string; content: string | Block[] }[];
  messages.forEach(({ role, content }, i) => {
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) if (block.type === 'text') expect(block.text?.trim()).not.toBe('');
    const calls = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    if (calls.length === 0) return;
    expect(role).toBe('assistant');
    const next = messages[i + 1]!;
    expect(next.role).toBe('user');
    const results = (next.content as Block[]).map((block) => block.tool_use_id);
    expect(results).toEqual(calls);
  });
}

/** OpenAI's rules for `messages`. */
function checkChat(body: JsonObject): void {
  const messages = body.messages as {
    role: string;
    content: unknown;
    tool_call_id?: string;
    tool_calls?: { id: string }[];
  }[];
  let due: string[] = [];
  for (const { role, content, tool_call_id, tool_calls } of messages) {
    if (role === 'tool') {
      expect(tool_call_id).toBe(due.shift()!);
      expect(content).toBeString();
      continue;
    }
    expect(due).toEqual([]);
    if (role === 'assistant') {
      expect(content).toBeString();
      due = (tool_calls ?? []).map((call) => call.id);
    }
  }
}

/** What a conversation says, however it is cut into messages; empty and white texts say nothing. */
function essence(body: JsonObject): unknown[] {
  const said: unknown[] = [];
  for (const message of body.messages as JsonObject[]) {
    const { role, content } = message;
    if (role === 'tool') said.push(['result', message.tool_call_id, content]);
    else if (typeof content === 'string' && content.trim() !== '') said.push([role, content]);
    for (const call of (message.tool_calls as JsonObject[] | undefined) ?? []) {
      said.push(['call', call.id, isObject(call.function) ? call.function.arguments : undefined]);
    }
  }
  return said;
}

test('usage is asked for where something streams, unless the upstream refuses to be asked', () => {
  const asked = { model: 'm', max_tokens: 9, stream: true, messages: [{ role: 'user', content: 'x' }] };
  const { card, model, route } = targetNamed('own-server');
  expect(translateRequest(asked, { card, model, route }).body.stream_options).toEqual({ include_usage: true });
  const refusing = { card, model, route: { ...route, refuses: ['stream_options'] } };
  const { body, changed } = translateRequest(asked, refusing);
  expect([body.stream_options, changed]).toEqual([undefined, []]);
});

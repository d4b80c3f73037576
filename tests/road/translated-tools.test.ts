import { afterAll, expect, test } from 'bun:test';
import { chatAnswer, jsonAnswer } from '../support/scripted-upstream.ts';
import { call, translatingGateways, user, weather } from '../support/translating-gateways.ts';

const { upstream, openai, close } = await translatingGateways();
afterAll(close);

test('tools that a client adds or takes away on the way are dropped and listed where they go to Chat Completions', async () => {
  const definition = { type: 'custom', name: 'x', input_schema: { type: 'object' } };
  const changes = [
    { type: 'tool_addition', tool: { type: 'tool_definition', definition } },
    { type: 'tool_removal', name: 'y' },
  ];
  const answer = jsonAnswer({
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
  });
  upstream.enqueue(answer);
  const response = await call(openai, '/v1/messages', {
    model: 'gpt-5-4',
    max_tokens: 50,
    messages: [user, { role: 'system', content: changes }, user],
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-bytespike-changed')?.split(/,? /)).toEqual(
    expect.arrayContaining(['tool_addition', 'tool_removal']),
  );
});

test('a tool name that Chat Completions does not take is shortened there, and is the client’s own in the answer', async () => {
  const long = `mcp__tooluniverse__${'x'.repeat(80)}`;
  const tools = [weather, { ...weather, name: long }];
  const use = { type: 'tool_use', id: 't1', name: long, input: {} };
  const body = {
    model: 'gpt-5-4',
    max_tokens: 50,
    tools,
    tool_choice: { type: 'tool', name: long },
    messages: [
      user,
      { role: 'assistant', content: [use] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'r' }] },
    ],
  };
  interface Sent {
    tools: { function: { name: string } }[];
    tool_choice: { function: { name: string } };
    messages: { tool_calls?: { function: { name: string } }[] }[];
  }
  const names = new Set<string>();
  for (const stream of [false, true]) {
    upstream.otherwise(({ json }) => {
      const { tools: told, tool_choice, messages } = json() as Sent;
      const [own, short] = told.map((tool) => tool.function.name);
      expect(own).toBe('get_weather');
      expect(short).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect([tool_choice.function.name, messages[1]!.tool_calls![0]!.function.name]).toEqual([short!, short!]);
      names.add(short!);
      const tool_calls = [{ index: 0, id: 'c1', type: 'function', function: { name: short, arguments: '{}' } }];
      const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };
      const head = { id: 'c', created: 1, model: 'm', usage };
      const choice = { index: 0, finish_reason: 'tool_calls' };
      const said = { role: 'assistant', content: null, tool_calls };
      return stream
        ? chatAnswer([{ ...head, object: 'chat.completion.chunk', choices: [{ ...choice, delta: said }] }])
        : jsonAnswer({ ...head, object: 'chat.completion', choices: [{ ...choice, message: said }] });
    });
    const response = await call(openai, '/v1/messages', { ...body, stream });
    expect(response.headers.get('x-bytespike-changed')).toContain('tools.name');
    const text = await response.text();
    expect(text).toContain(`"name":"${long}"`);
    for (const name of names) expect(text).not.toContain(name);
  }
  // The same in every request: a prompt cache holds.
  expect(names.size).toBe(1);
});

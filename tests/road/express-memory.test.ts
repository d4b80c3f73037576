import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { ReasoningCollector } from '../../src/protocols/collect-reasoning.ts';
import type { JsonObject } from '../../src/protocols/json.ts';
import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, testGateway } from '../support/gateway.ts';
import {
  chatAnswer,
  jsonAnswer,
  messagesAnswer,
  type ScriptedUpstream,
  scriptedUpstream,
} from '../support/scripted-upstream.ts';

/*
 * What the gateway remembers for clients that cannot carry it, where protocols match and bytes pass.
 */
let upstream: ScriptedUpstream;
let gemini: TestGateway;
let both: TestGateway;

beforeAll(async () => {
  upstream = await scriptedUpstream();
  gemini = await testGateway({ upstream: upstream.url, vendor: 'gemini', protocols: ['chat-completions'] });
  both = await testGateway({ upstream: upstream.url, vendor: ['deepseek', 'anthropic'] });
});

afterAll(async () => {
  await both[Symbol.asyncDispose]();
  await gemini[Symbol.asyncDispose]();
  await upstream.close();
});

function call(gateway: TestGateway, body: object): Promise<Response> {
  return fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
    body: JSON.stringify(body),
  });
}

const user = { role: 'user', content: 'hi' };
const toolCall = (id: string, more: object = {}) => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: '{}' },
  ...more,
});
const sentMessages = () => (upstream.requests.at(-1)!.json() as { messages: JsonObject[] }).messages;

describe('E21: a Chat client that drops Gemini’s thought signature', () => {
  const signed = { extra_content: { google: { thought_signature: 'EpkC+/=' } } };
  const head = { id: 'g', created: 1, model: 'gemini-3.1-pro-preview' };

  /** `later`: deltas of the calls behind them. */
  async function answered(stream: boolean, calls: object[], later: object[] = []): Promise<void> {
    const whole = {
      ...head,
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', tool_calls: calls }, finish_reason: 'tool_calls' }],
      usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
    };
    const chunk = { ...head, object: 'chat.completion.chunk' };
    const deltas = [...calls.map((each, index) => ({ index, ...each })), ...later];
    const chunks = deltas.map((each) => ({
      ...chunk,
      choices: [{ index: 0, delta: { role: 'assistant', tool_calls: [each] }, finish_reason: null }],
    }));
    const last = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }], usage: whole.usage };
    upstream.enqueue(stream ? chatAnswer([...chunks, last]) : jsonAnswer(whole));
    const response = await call(gemini, { model: 'gemini-3-1-pro', messages: [user], stream });
    expect(await response.text()).toContain('thought_signature');
  }

  async function replayed(...ids: string[]): Promise<{ calls: unknown; changed: string | null }> {
    const results = ids.map((id) => ({ role: 'tool', tool_call_id: id, content: 'r' }));
    const turn = { role: 'assistant', content: '', tool_calls: ids.map((id) => toolCall(id)) };
    upstream.enqueue(
      chatAnswer([{ ...head, choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }] }]),
    );
    const response = await call(gemini, { model: 'gemini-3-1-pro', messages: [user, turn, ...results], stream: true });
    await response.text();
    return { calls: sentMessages()[1]!.tool_calls, changed: response.headers.get('x-bytespike-changed') };
  }

  test.each([true, false])('gets it put back by the call’s id; streamed: %p', async (stream) => {
    const [first, second] = [`a-${stream}`, `b-${stream}`];
    await answered(stream, [toolCall(first, signed), toolCall(second)]);
    const { calls, changed } = await replayed(first, second);
    expect(calls).toEqual([toolCall(first, signed), toolCall(second)]);
    expect(changed).toBeNull();
  });

  test.each([
    ['with the index of its call', { index: 0 }, 0],
    ['without an index, for the last call', {}, 1],
    ['with the id of its call', { index: 0, id: 'c-2' }, 0],
  ])('gets back what came in a later delta, %s', async (name, place, owner) => {
    const ids = 'id' in place ? ['c-2', 'd-2'] : [`c-${name}`, `d-${name}`];
    const bare = ids.map((id) => toolCall(id));
    await answered(true, bare, [{ ...place, ...signed }]);
    const { calls } = await replayed(...ids);
    expect(calls).toEqual(bare.map((each, i) => (i === owner ? { ...each, ...signed } : each)));
  });

  test('has the word for “none” sent for a call that nobody knows', async () => {
    const { calls, changed } = await replayed('unknown');
    const unsigned = { google: { thought_signature: 'skip_thought_signature_validator' } };
    expect(calls).toEqual([toolCall('unknown', { extra_content: unsigned })]);
    expect(changed).toBe('thought_signature');
  });
});

describe('E11: reasoning that is known to be of another vendor', () => {
  const made = (text: string, vendor: string, callId: string) => {
    const collector = new ReasoningCollector();
    collector.push({ type: 'reasoning-start', id: 'p0' });
    collector.push({ type: 'reasoning-delta', id: 'p0', text });
    collector.push({ type: 'tool-call-start', id: 'p1', callId, name: 'f' });
    collector.remember(both.house.memory, 'key_test', vendor);
  };
  const turn = (more: object) => ({ role: 'assistant', content: 'a', ...more });

  async function send(turns: object[], more: object = {}) {
    upstream.enqueue(
      chatAnswer([{ id: 'x', choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }] }]),
    );
    const messages = [user, ...turns, user];
    const response = await call(both, { model: 'deepseek-v4-pro', messages, stream: true, ...more });
    await response.text();
    return { turns: sentMessages().slice(1, -1), changed: response.headers.get('x-bytespike-changed') };
  }

  test('is left out and listed, and gives way to an empty one', async () => {
    made('Theirs.', 'anthropic', 't1');
    made('Own.', 'deepseek', 't2');
    const own = turn({ reasoning_content: 'Own.' });
    const unknown = turn({ reasoning_content: 'Unknown.' });
    const theirs = [turn({ reasoning_content: 'Theirs.' }), turn({ reasoning: 'Theirs.' }), own, unknown];
    const tools = [{ type: 'function', function: { name: 'f' } }];
    const withTools = await send(theirs, { tools });
    expect(withTools.turns).toEqual([turn({ reasoning_content: '' }), turn({ reasoning_content: '' }), own, unknown]);
    expect(withTools.changed).toBe('reasoning_content');
    const without = await send(theirs);
    expect(without.turns).toEqual([turn({ reasoning_content: '' }), turn({}), own, unknown]);
    const off = await send(theirs, { tools, thinking: { type: 'disabled' } });
    expect(JSON.stringify(off.turns)).not.toContain('Theirs');
    expect((await send([own, unknown], { tools })).changed).toBeNull();
  });

  test('is not what this upstream made itself, whoever made the same later', async () => {
    const said = turn({ reasoning_content: 'Both.', tool_calls: [toolCall('t4')] });
    const head = { id: 'x', object: 'chat.completion', created: 1, model: 'deepseek-v4-pro' };
    const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 };
    upstream.enqueue(
      jsonAnswer({ ...head, choices: [{ index: 0, message: said, finish_reason: 'tool_calls' }], usage }),
    );
    await (await call(both, { model: 'deepseek-v4-pro', messages: [user] })).text();
    made('Both.', 'anthropic', 't5');
    const { turns, changed } = await send([said, { role: 'tool', tool_call_id: 't4', content: 'r' }]);
    expect(turns[0]).toEqual(said);
    expect(changed).toBeNull();
    const theirs = turn({ reasoning_content: 'Both.', tool_calls: [toolCall('t5')] });
    expect((await send([theirs, { role: 'tool', tool_call_id: 't5', content: 'r' }])).changed).toBe(
      'reasoning_content',
    );
  });

  test('is known by the call too, where the text is another', async () => {
    made('Theirs once more.', 'anthropic', 't3');
    const called = turn({ reasoning_content: 'Trimmed.', tool_calls: [toolCall('t3')] });
    const { turns, changed } = await send([called, { role: 'tool', tool_call_id: 't3', content: 'r' }]);
    expect(turns[0]).toEqual({ ...called, reasoning_content: '' });
    expect(changed).toBe('reasoning_content');
  });
});

describe('E11: a conversation that goes from DeepSeek to Claude on Chat Completions', () => {
  const said = { role: 'assistant', content: 'A', reasoning_content: 'Hm, 想.' };

  async function answered(stream: boolean): Promise<void> {
    const head = { id: 'x', created: 1, model: 'deepseek-v4-pro' };
    const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 };
    const whole = { ...head, object: 'chat.completion', choices: [{ index: 0, message: said, finish_reason: 'stop' }] };
    const deltas = [{ reasoning_content: 'Hm, ' }, { reasoning_content: '想.' }, { content: 'A' }].map((delta) => ({
      ...head,
      choices: [{ index: 0, delta, finish_reason: null }],
    }));
    const last = { ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage };
    upstream.enqueue(stream ? chatAnswer([...deltas, last]) : jsonAnswer({ ...whole, usage }));
    await (await call(both, { model: 'deepseek-v4-pro', messages: [user], stream })).text();
  }

  async function asked(turn: object) {
    const model = 'claude-opus-4-8';
    const message = { id: 'm', type: 'message', role: 'assistant', model, content: [], usage: { input_tokens: 5 } };
    const events = [
      { type: 'message_start', message },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
      { type: 'message_stop' },
    ];
    upstream.enqueue(messagesAnswer(events));
    const body = { model, messages: [user, turn, user], reasoning_effort: 'low', stream: true };
    const response = await call(both, body);
    await response.text();
    const sent = upstream.requests.at(-1)!.json() as JsonObject;
    return { sent, changed: response.headers.get('x-bytespike-changed') };
  }

  test.each([true, false])('thinks on, without the other’s reasoning; streamed: %p', async (stream) => {
    await answered(stream);
    const { sent, changed } = await asked(said);
    expect(changed).toBe('reasoning_content');
    expect(sent.thinking).toMatchObject({ type: 'adaptive' });
    expect(JSON.stringify(sent)).not.toContain('想');
  });

  test('does not think where nobody knows whose reasoning it is', async () => {
    const { sent, changed } = await asked({ ...said, reasoning_content: 'Forged.' });
    expect(changed).toBe('reasoning_content, thinking');
    expect(sent.thinking).toEqual({ type: 'disabled' });
  });
});

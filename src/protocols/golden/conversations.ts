import fc from 'fast-check';
import { someInput, someText } from './generators.ts';

/** A turn of a conversation, whatever the wire. */
interface SketchedTurn {
  user: string;
  /** What the system says after the user, in the middle of the conversation. */
  system: string | undefined;
  assistant: string;
  calls: { id: string; input: string; result: string; failed: boolean }[];
  /** The answer to the results; undefined where there were none. */
  answer: string | undefined;
}

const someTurn: fc.Arbitrary<SketchedTurn> = fc.record({
  user: fc.string({ minLength: 1, unit: 'grapheme', maxLength: 8 }).map((text) => `u${text}`),
  system: fc.option(
    fc.string({ maxLength: 5 }).map((text) => `s${text}`),
    { nil: undefined },
  ),
  assistant: someText,
  calls: fc.array(fc.record({ id: fc.constant(''), input: someInput, result: someText, failed: fc.boolean() }), {
    maxLength: 3,
  }),
  answer: fc.option(
    someText.map((text) => `a${text}`),
    { nil: undefined },
  ),
});

export const someConversation = fc
  .tuple(fc.array(someTurn, { minLength: 1, maxLength: 4 }), fc.option(fc.constant('Be terse.'), { nil: undefined }))
  .map(([turns, system]) => ({
    system,
    turns: turns.map((turn, t) => ({
      ...turn,
      calls: turn.calls.map((call, c) => ({ ...call, id: `call_${t}_${c}` })),
    })),
  }));

export type SketchedConversation = typeof someConversation extends fc.Arbitrary<infer T> ? T : never;

const TOOL = { type: 'object', properties: { b: { type: 'number' }, a: {} } };

/** As a Chat client sends it: whole turns, then the user's last words. JSON text, for arguments are bytes. */
export function chatRequest({ system, turns }: SketchedConversation, last: string, options: object = {}): string {
  const messages: object[] = system === undefined ? [] : [{ role: 'system', content: system }];
  for (const turn of turns) {
    messages.push({ role: 'user', content: turn.user });
    if (turn.system !== undefined) messages.push({ role: 'system', content: turn.system });
    if (turn.calls.length === 0) {
      messages.push({ role: 'assistant', content: turn.assistant });
      continue;
    }
    const tool_calls = turn.calls.map(({ id, input }) => ({
      id,
      type: 'function',
      function: { name: 'run', arguments: input },
    }));
    messages.push({ role: 'assistant', content: turn.assistant, tool_calls });
    for (const call of turn.calls) messages.push({ role: 'tool', tool_call_id: call.id, content: call.result });
    if (turn.answer !== undefined) messages.push({ role: 'assistant', content: turn.answer });
  }
  messages.push({ role: 'user', content: last });
  const tools = [{ type: 'function', function: { name: 'run', parameters: TOOL } }];
  return JSON.stringify({ model: 'm', max_tokens: 99, tools, messages, stream: true, ...options });
}

/** As a Messages client sends it. */
export function messagesRequest({ system, turns }: SketchedConversation, last: string, options: object = {}): string {
  const messages: string[] = [];
  const add = (role: string, ...blocks: string[]): void => {
    messages.push(`{"role":"${role}","content":[${blocks.join(',')}]}`);
  };
  const text = (words: string): string => JSON.stringify({ type: 'text', text: words });
  for (const turn of turns) {
    add('user', text(turn.user));
    if (turn.system !== undefined) add('system', text(turn.system));
    const words = turn.assistant === '' ? [] : [text(turn.assistant)];
    if (turn.calls.length === 0) {
      add('assistant', ...words);
      continue;
    }
    add(
      'assistant',
      ...words,
      ...turn.calls.map(({ id, input }) => `{"type":"tool_use","id":"${id}","name":"run","input":${input}}`),
    );
    add(
      'user',
      ...turn.calls.map(({ id, result, failed }) =>
        JSON.stringify({ type: 'tool_result', tool_use_id: id, content: result, is_error: failed }),
      ),
    );
    if (turn.answer !== undefined) add('assistant', text(turn.answer));
  }
  add('user', text(last));
  const tools = [{ name: 'run', input_schema: TOOL }];
  const rest = JSON.stringify({ max_tokens: 99, system, tools, stream: true, ...options });
  return `{"model":"m","messages":[${messages.join(',')}],${rest.slice(1)}`;
}

const some = <T>(...values: T[]) => fc.constantFrom(...values);
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };

/** What a Chat client may ask for besides. */
export const someChatOptions = fc.record(
  {
    max_tokens: some(1, 900, 1500, 5000, 100_000),
    reasoning_effort: some('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
    temperature: some(0, 0.7, 1, 1.8),
    top_p: some(0.1, 0.95, 1),
    stop: some<unknown>('END', ['\n', 'END'], [' ']),
    tool_choice: some<unknown>('none', 'auto', 'required', { type: 'function', function: { name: 'run' } }),
    parallel_tool_calls: fc.boolean(),
    tools: some<unknown>([]),
    user: some('user-1', 'a@b.c', 'x'.repeat(300)),
    seed: fc.nat(),
    response_format: some<unknown>(
      { type: 'json_object' },
      { type: 'json_schema', json_schema: { name: 'a', schema: SCHEMA } },
    ),
  },
  { requiredKeys: [] },
);

/** What a Messages client may ask for besides. */
export const someMessagesOptions = fc.record(
  {
    max_tokens: some(1, 900, 1500, 5000, 100_000),
    thinking: some<unknown>(
      { type: 'enabled', budget_tokens: 32_000 },
      { type: 'adaptive', display: 'omitted' },
      { type: 'disabled' },
    ),
    output_config: some<unknown>(
      { effort: 'high' },
      { effort: 'max' },
      { format: { type: 'json_schema', schema: SCHEMA } },
    ),
    temperature: some(0, 0.7, 1),
    top_p: some(0.1, 1),
    top_k: some(5),
    stop_sequences: some<unknown>(['END'], []),
    tool_choice: some<unknown>(
      { type: 'any' },
      { type: 'auto', disable_parallel_tool_use: true },
      { type: 'tool', name: 'run' },
    ),
    tools: some<unknown>([]),
    metadata: some<unknown>({ user_id: 'user-1' }, { user_id: 'x'.repeat(150) }, {}),
    context_management: some({ edits: [] }),
  },
  { requiredKeys: [] },
);

import { WEATHER } from './scene.ts';

/** One Chat Completions chunk. */
export const chatChunk = (delta: object, finish_reason: string | null = null): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'upstream-model',
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
});

/** The last chunk before `[DONE]`: what OpenAI sends when usage was asked for. */
const chatUsageChunk: object = {
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'upstream-model',
  choices: [],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
};

/** A whole Chat Completions answer. */
export const wholeChat = (content: string): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'upstream-model',
  choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
});

/** A whole Messages answer. */
export const wholeMessage = (text: string): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'upstream-model',
  content: [{ type: 'text', text }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 10, output_tokens: 5 },
});

interface MessagesTurn {
  frames: { type: string }[];
  thinking: string;
  /** Long, as Anthropic's are. */
  signature: string;
}

/** A streamed Messages turn that thinks, then calls the weather tool for a city, or says a text. */
export function messagesToolTurn(then: { id: string; city: string } | { text: string }): MessagesTurn {
  const thinking = 'I should look that up.';
  const signature = `E${'qY4h'.repeat(60)}`;
  const calls = 'city' in then;
  const block = calls ? { type: 'tool_use', id: then.id, name: WEATHER.name, input: {} } : { type: 'text', text: '' };
  // A space after the colon: whoever parses and writes JSON anew on the way is found out.
  const pieces = calls
    ? ['{"city": ', `"${then.city}"}`].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    : [{ type: 'text_delta', text: then.text }];
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'upstream-model',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1 },
  };
  const frames = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } },
    { type: 'content_block_stop', index: 0 },
    { type: 'ping' },
    { type: 'content_block_start', index: 1, content_block: block },
    ...pieces.map((delta) => ({ type: 'content_block_delta', index: 1, delta })),
    { type: 'content_block_stop', index: 1 },
    {
      type: 'message_delta',
      delta: { stop_reason: calls ? 'tool_use' : 'end_turn', stop_sequence: null },
      usage: { output_tokens: 5 },
    },
    { type: 'message_stop' },
  ];
  return { frames, thinking, signature };
}

/** A streamed Chat Completions turn that calls the weather tool for a city, or says a text. Usage comes last. */
export function chatToolTurn(then: { id: string; city: string } | { text: string }): object[] {
  if ('text' in then) {
    return [
      chatChunk({ role: 'assistant', content: '' }),
      chatChunk({ content: then.text }),
      chatChunk({}, 'stop'),
      chatUsageChunk,
    ];
  }
  const call = (rest: object): object => chatChunk({ tool_calls: [{ index: 0, ...rest }] });
  return [
    chatChunk({ role: 'assistant', content: null }),
    call({ id: then.id, type: 'function', function: { name: WEATHER.name, arguments: '' } }),
    call({ function: { arguments: '{"city": ' } }),
    call({ function: { arguments: `"${then.city}"}` } }),
    chatChunk({}, 'tool_calls'),
    chatUsageChunk,
  ];
}

import type { Protocol } from '../../protocols/protocol.ts';

/**
 * Fields of a body that the vendors' SDKs know, in Python as a keyword argument, in TypeScript as a member of the
 * parameters' type. Anthropic's know no `temperature`, `top_p` and `top_k` any more; the API takes them.
 */
const parameters: Record<Protocol, ReadonlySet<string>> = {
  'chat-completions': new Set(
    (
      'model messages stream stream_options max_tokens max_completion_tokens temperature top_p n stop seed tools ' +
      'tool_choice parallel_tool_calls response_format reasoning_effort presence_penalty frequency_penalty logprobs ' +
      'top_logprobs user metadata store'
    ).split(' '),
  ),
  messages: new Set(
    'model messages stream max_tokens system stop_sequences tools tool_choice thinking output_config metadata'.split(
      ' ',
    ),
  ),
};

export const isSdkParameter = (protocol: Protocol, field: string): boolean => parameters[protocol].has(field);

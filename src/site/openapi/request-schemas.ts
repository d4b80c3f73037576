import { type TSchema, Type } from '@sinclair/typebox';
import { chatChecks, chatRoles } from '../../protocols/chat-completions/check-request.ts';
import type { FieldCheck } from '../../protocols/field-checks.ts';
import { messagesChecks, messagesRoles } from '../../protocols/messages/check-request.ts';

/**
 * Requests as the gateway itself judges them. Fields that it does not know are allowed: they reach the upstream as they
 * are, or are named in `x-bytespike-changed`.
 */
export function chatRequest(modelIds: readonly string[]): TSchema {
  return request(modelIds, chatRoles, chatChecks, chatTexts, false);
}

/** `max_tokens` may be left out: the card's output limit stands in. */
export function messagesRequest(modelIds: readonly string[]): TSchema {
  return request(modelIds, messagesRoles, messagesChecks, messagesTexts, true);
}

function request(
  modelIds: readonly string[],
  roles: readonly string[],
  checks: Record<string, FieldCheck>,
  texts: Record<string, string>,
  contentRequired: boolean,
): TSchema {
  const fields = Object.entries(checks).map(([name, { schema }]) => {
    const description = texts[name];
    return [name, Type.Optional(description === undefined ? schema : { ...schema, description })];
  });
  return Type.Object(
    {
      model: Type.String({ description: 'Id or alias of a model.', examples: [...modelIds] }),
      messages: Type.Array(message(roles, contentRequired), {
        minItems: 1,
        description: 'The conversation so far, oldest first.',
      }),
      ...Object.fromEntries(fields),
    },
    { additionalProperties: true },
  );
}

function message(roles: readonly string[], contentRequired: boolean): TSchema {
  const part = Type.Object({ type: Type.String() }, { additionalProperties: true });
  const content = Type.Union([Type.String(), Type.Array(part)], { description: 'A text, or parts with a `type`.' });
  return Type.Object(
    {
      role: Type.Unsafe<string>({ type: 'string', enum: [...roles], description: 'Who says it.' }),
      content: contentRequired ? content : Type.Optional(Type.Union([content, Type.Null()])),
    },
    { additionalProperties: true },
  );
}

const SAMPLING = {
  temperature: 'Higher is more varied. Left out: what the vendor takes.',
  top_p: 'Only the likeliest tokens that make up this share are drawn from.',
};

const chatTexts: Record<string, string> = {
  ...SAMPLING,
  presence_penalty: 'Above 0, what was said already is less likely to come again.',
  frequency_penalty: 'The same, the more often it was said.',
  logprobs: 'Whether each token of the answer comes with its log probability. Where the model has it.',
  top_logprobs: 'How many likely tokens are told at each place. Needs `logprobs`.',
  stream: 'Answer piece by piece, as server-sent events.',
  stream_options: '`include_usage: true`: the last chunk has the usage.',
  max_tokens:
    'Most tokens of the answer, reasoning included. Lowered to what the model and the limits of the key allow.',
  max_completion_tokens: 'The newer name of `max_tokens`.',
  n: 'Answers wanted. More than 1 only where the upstream has it.',
  stop: 'Texts that end the answer.',
  tools: 'Functions that the model may call.',
  tool_choice: 'Whether it may, must, or must not call one.',
  parallel_tool_calls: 'Whether it may call several in one turn.',
  response_format: 'JSON mode or a JSON schema for the answer.',
  reasoning_effort: 'How much the model thinks.',
  thinking: 'Whether the model thinks, at vendors that steer it so.',
  user: 'Your name for the end user.',
  store: 'Only `false` is possible: nothing is kept in the account of the upstream.',
};

const messagesTexts: Record<string, string> = {
  ...SAMPLING,
  top_k: 'Only so many of the likeliest tokens are drawn from.',
  stream: 'Answer piece by piece, as server-sent events.',
  max_tokens:
    'Most tokens of the answer, thinking included. Lowered to what the model and the limits of the key allow.',
  system: 'The system prompt, as a text or as blocks.',
  stop_sequences: 'Texts that end the answer.',
  tools: 'Tools that the model may call.',
  tool_choice: 'Whether it may, must, or must not call one.',
  thinking: 'Whether the model thinks, and with what budget.',
  output_config: 'Effort, and a JSON schema for the answer.',
  metadata: '`user_id`: your name for the end user.',
};

import {
  aBoolean,
  aCount,
  aNumber,
  anArrayOfObjects,
  anObject,
  aString,
  aStringOrObject,
  aStringOrStrings,
  checkFields,
  checkMessages,
  type FieldCheck,
} from '../field-checks.ts';
import type { JsonObject } from '../json.ts';

const ANY_COUNT = aCount(1);

/** What the gateway checks of a request's fields; everything else goes to the upstream as it is. */
export const chatChecks: Record<string, FieldCheck> = {
  stream: aBoolean,
  stream_options: anObject,
  max_tokens: ANY_COUNT,
  max_completion_tokens: ANY_COUNT,
  n: aCount(1, 128),
  temperature: aNumber(0, 2),
  top_p: aNumber(0, 1),
  presence_penalty: aNumber(-2, 2),
  frequency_penalty: aNumber(-2, 2),
  stop: aStringOrStrings,
  tools: anArrayOfObjects,
  tool_choice: aStringOrObject,
  parallel_tool_calls: aBoolean,
  response_format: anObject,
  reasoning_effort: aString,
  thinking: anObject,
  logprobs: aBoolean,
  top_logprobs: aCount(0, 20),
  user: aString,
  store: aBoolean,
};

export const chatRoles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];

/** What the gateway reads of a Chat Completions request has the right types. Throws `invalid_param` with `param`. */
export function checkChatRequest(body: JsonObject): void {
  checkMessages(body, chatRoles, true);
  checkFields(body, chatChecks);
}

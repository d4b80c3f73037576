import {
  aBoolean,
  aCount,
  aNumber,
  anArrayOfObjects,
  anObject,
  aStringOrArray,
  checkFields,
  checkMessages,
  type FieldCheck,
  strings,
} from '../field-checks.ts';
import type { JsonObject } from '../json.ts';

/** What the gateway checks of a request's fields; everything else goes to the upstream as it is. */
export const messagesChecks: Record<string, FieldCheck> = {
  stream: aBoolean,
  max_tokens: aCount(1),
  system: aStringOrArray,
  temperature: aNumber(0, 2),
  top_p: aNumber(0, 1),
  top_k: aCount(0),
  stop_sequences: strings,
  tools: anArrayOfObjects,
  tool_choice: anObject,
  thinking: anObject,
  output_config: anObject,
  metadata: anObject,
};

/** `system` among the messages is newer than most models; where the upstream has none, it is carried another way. */
export const messagesRoles = ['user', 'assistant', 'system'];

/** What the gateway reads of a Messages request has the right types. Throws `invalid_param` with `param`. */
export function checkMessagesRequest(body: JsonObject): void {
  checkMessages(body, messagesRoles, false);
  checkFields(body, messagesChecks);
}

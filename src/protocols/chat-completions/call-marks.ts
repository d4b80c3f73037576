import { asObject } from '../json.ts';
import type { JsonText } from '../neutral.ts';
import type { RawJson } from '../raw-json.ts';
import { shorten } from '../shorten.ts';

/** Longest tool-call id that OpenAI takes (`string too long. Expected a string with maximum length 40`). */
const MAX_CALL_ID = 40;

/** The id, or what of it OpenAI takes: the same for call and result. */
export const shortCallId = (id: string): string => shorten(id, MAX_CALL_ID);

/**
 * `extra_content` of a call that has no thought signature: made by another model, or lost. Gemini 3 refuses a turn whose
 * first call has none, and names this word for such calls (ai.google.dev/gemini-api/docs/thought-signatures).
 */
export const UNSIGNED_CALL: JsonText = '{"google":{"thought_signature":"skip_thought_signature_validator"}}';

/** Whether a call carries a thought signature. */
export const isSignedCall = (call: unknown): boolean =>
  asObject(asObject(asObject(call)?.extra_content)?.google)?.thought_signature !== undefined;

/** The upstream's own data about the call, as it was written; undefined where it came with none. */
export function callData(call: RawJson): JsonText | undefined {
  const data = call.get('extra_content').text;
  return data.startsWith('{') ? data : undefined;
}

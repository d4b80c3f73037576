import { asArray, asObject, parseJson } from './json.ts';
import { isArray, isObject, isWord, skipSpace } from './json-bytes.ts';

const decoder = new TextDecoder();

/** How llama.cpp of 2025 begins the line of an error: a field that event streams do not have. */
const ERROR_FIELD = 'error:';

/**
 * The error in bytes of a stream that are no event: an upstream that fails at once may answer with plain JSON under a 200.
 * Undefined for anything else.
 */
export function plainError(bytes: Uint8Array): unknown {
  const start = skipSpace(bytes, 0, bytes.length);
  const fieldEnd = start + ERROR_FIELD.length;
  if (isWord(bytes, start, fieldEnd, ERROR_FIELD)) {
    return parseJson(decoder.decode(bytes.subarray(fieldEnd))) || undefined;
  }
  if (!isObject(bytes, start) && !isArray(bytes, start)) return undefined;
  const body = parseJson(decoder.decode(bytes));
  // Gemini's compatible surface puts it into an array.
  return (asObject(body) ?? asObject(asArray(body)[0]))?.error || undefined;
}

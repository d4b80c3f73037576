import { asArray, asObject, asString, isObject, parseJson } from '../protocols/json.ts';

/** What an upstream's error body says. */
export interface ToldError {
  /** In its own words, unfit for a client's eyes as they are; undefined where it gave none. */
  message: string | undefined;
  code: string | undefined;
  type: string | undefined;
  param: string | undefined;
}

/** Longest text that is no JSON and still taken for words. */
const MAX_PLAIN = 300;

/**
 * Reads any shape of error body: both protocols', a list of faults as FastAPI makes it, a bare string, an error wrapped in a
 * message, HTML, nothing.
 */
export function readErrorBody(body: string): ToldError {
  const whole = parseJson(body);
  if (whole !== undefined) return readParsedError(whole);
  return wordsAlone(/^\s*</.test(body) ? '' : body.trim().slice(0, MAX_PLAIN));
}

/** The same of a body that is JSON, or of the error in it, parsed. */
export function readParsedError(whole: unknown): ToldError {
  if (typeof whole === 'string') return wordsAlone(whole);
  // Gemini's compatible surface puts it into an array.
  const outer = asObject(whole) ?? asObject(asArray(whole)[0]);
  const inner = outer?.error ?? outer;
  if (typeof inner === 'string') return wordsAlone(inner);
  if (Array.isArray(outer?.detail)) return readFaults(outer.detail);
  const error = asObject(inner);
  // OpenRouter's own words say only that there are others.
  const quoted = asString(asObject(error?.metadata)?.raw);
  const cause = quoted === undefined ? undefined : readErrorBody(quoted);
  if (cause?.message !== undefined) return cause;
  // Mistral's message is an object or a list of faults.
  const faults = asObject(error?.message)?.detail ?? error?.message;
  if (Array.isArray(faults)) return readFaults(faults);
  const message = asString(error?.message) ?? asString(outer?.detail) ?? asString(outer?.message);
  if (message === undefined) return wordsAlone('');
  // An error in JSON, put as text into another's message by a gateway on the way.
  const wrapped = message.slice(message.indexOf('{'));
  if (wrapped.includes('"error"') && isObject(parseJson(wrapped))) return readErrorBody(wrapped);
  const code = asString(error?.code);
  return {
    message,
    code: code !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? code : undefined,
    type: asString(error?.type),
    param: asString(error?.param),
  };
}

const wordsAlone = (text: string): ToldError => ({
  message: text.trim() === '' ? undefined : text,
  code: undefined,
  type: undefined,
  param: undefined,
});

/** `[{"loc":["body","messages",0],"msg":"field required"}]`: each fault with the field it is about. */
function readFaults(detail: unknown[]): ToldError {
  const faults = detail.filter(isObject).flatMap(({ loc, msg }) => {
    const field = asArray(loc)
      .filter(
        (part, index) => typeof part === 'number' || (typeof part === 'string' && !(index === 0 && part === 'body')),
      )
      .join('.');
    return typeof msg === 'string' ? [{ field, text: field === '' ? msg : `${field}: ${msg}` }] : [];
  });
  const told = wordsAlone(faults.map(({ text }) => text).join('; '));
  return { ...told, param: faults[0]?.field || undefined };
}

import { type Path, rawElements, rawMembers } from '../protocols/json-scan.ts';

/** A request refused as DeepSeek refuses it: an OpenAI-shaped error body on both surfaces. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly type: string;

  constructor(message: string, status = 400, type = 'invalid_request_error') {
    super(message);
    this.status = status;
    this.type = type;
  }

  /** `code` is `invalid_request_error` on every error that was ever seen, whatever the status. */
  body(): string {
    const { message, type } = this;
    return JSON.stringify({ error: { message, type, param: null, code: 'invalid_request_error' } });
  }

  response(): Response {
    return new Response(this.body(), { status: this.status, headers: { 'content-type': 'application/json' } });
  }
}

/** Error texts that DeepSeek's users reported up to 2026-08, word for word. */
export const texts = {
  forcedToolChoice: 'Thinking mode does not support this tool_choice',
  reasoningMissing: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
  thinkingMissing: 'The `content[].thinking` in the thinking mode must be passed back to the API.',
  jsonWord: "Prompt must contain the word 'json' in some form to use 'response_format' of type 'json_object'.",
  responseFormat: 'This response_format type is unavailable now',
  modelUnknown: 'Model Not Exist',
  contentRisk: 'Content Exists Risk',
  assistantEmpty: 'Invalid assistant message: content or tool_calls must be set',
  toolMessagesMissing:
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. (insufficient tool messages following tool_calls message)",
  toolMessageStray: "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'",
  messagesEmpty: 'Empty input messages',
} as const;

export function contextLength(window: number, prompt: number, completion: number): Refusal {
  return new Refusal(
    `This model's maximum context length is ${window} tokens. However, you requested ${prompt + completion} tokens (${prompt} in the messages, ${completion} in the completion). Please reduce the length of the messages or completion.`,
  );
}

export function outOfRange(name: string, range: string): Refusal {
  return new Refusal(`Invalid ${name} value, the valid range of ${name} is ${range}`);
}

/** Raises the errors of the deserialiser, which name the place in the body. */
export class Deserialiser {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** `what` as in ``missing field `content` ``; `path` leads to the value at fault. */
  fail(path: Path, what: string): never {
    const name = path.reduce<string>((all, step) => {
      if (typeof step === 'number') return `${all}[${step}]`;
      return all === '' ? step : `${all}.${step}`;
    }, '');
    throw new Refusal(
      `Failed to deserialize the JSON body into the target type: ${name === '' ? '' : `${name}: `}${what} at ${this.#place(path)}`,
    );
  }

  /** Line and column just past the value, both from 1 as bytes count. */
  #place(path: Path): string {
    let at = 0;
    let value = this.#text;
    for (const step of path) {
      const next = typeof step === 'string' ? rawMembers(value).get(step) : rawElements(value)[step];
      if (next === undefined) break;
      const before = typeof step === 'number' ? rawElements(value).slice(0, step) : [];
      let from = 0;
      for (const element of before) from = value.indexOf(element, from) + element.length;
      const offset = value.indexOf(next, from);
      at += offset;
      value = next;
    }
    const upTo = this.#text.slice(0, at + value.length);
    const lineStart = upTo.lastIndexOf('\n') + 1;
    return `line ${upTo.split('\n').length} column ${Buffer.byteLength(upTo.slice(lineStart))}`;
  }
}

import { asArray, asObject, isObject, type JsonObject } from '../../src/protocols/json.ts';
import { jsonAnswer, type Responder } from './scripted-upstream.ts';

/** Body fields that the Chat Completions endpoint knows; any other is refused. Source: openai 7.57.0. */
const FIELDS = new Set(
  `audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens messages metadata
  modalities model moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options
  prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream
  stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options`.split(/\s+/),
);
const MESSAGE_FIELDS = new Set(
  'role content name tool_calls tool_call_id refusal audio function_call annotations'.split(' '),
);
const ROLES = new Set(['developer', 'system', 'user', 'assistant', 'tool', 'function']);

class Refused extends Error {
  readonly param: string | null;
  readonly code: string | null;

  constructor(message: string, param: string | null = null, code: string | null = null) {
    super(message);
    this.param = param;
    this.code = code;
  }
}

/**
 * For `upstream.refuse(…)`: refuses on `/chat/completions` what OpenAI refuses of a reasoning model such as gpt-5.4,
 * unknown fields among it. Sources: error texts reported up to 2026-09.
 */
export function strictOpenAI(): Responder {
  return (request) => {
    if (!/\/chat\/completions(\?|$)/.test(request.path)) return undefined;
    try {
      check(request.json());
      return undefined;
    } catch (error) {
      const refused =
        error instanceof Refused ? error : new Refused('We could not parse the JSON body of your request.');
      const { message, param, code } = refused;
      return jsonAnswer({ error: { message, type: 'invalid_request_error', param, code } }, 400);
    }
  };
}

function check(value: unknown): void {
  const body = asObject(value);
  if (body === undefined) throw new Refused('We could not parse the JSON body of your request.');
  for (const name of Object.keys(body)) {
    if (!FIELDS.has(name)) throw new Refused(`Unknown parameter: '${name}'.`, name, 'unknown_parameter');
  }
  if (typeof body.model !== 'string') throw new Refused('you must provide a model parameter');
  checkParameters(body);
  checkTools(body);
  if (!Array.isArray(body.messages) || body.messages.length === 0) {
    throw new Refused("Invalid 'messages': empty array.", 'messages', 'empty_array');
  }
  checkMessages(body.messages);
  const wantsJson = asObject(body.response_format)?.type === 'json_object';
  if (wantsJson && !/json/i.test(JSON.stringify(body.messages))) {
    throw new Refused(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    );
  }
}

function checkParameters(body: JsonObject): void {
  const unsupported = (name: string, cure = '') =>
    new Refused(
      `Unsupported parameter: '${name}' is not supported with this model.${cure}`,
      name,
      'unsupported_parameter',
    );
  if (given(body.max_tokens)) throw unsupported('max_tokens', " Use 'max_completion_tokens' instead.");
  if (given(body.stop)) throw unsupported('stop');
  const reasons = given(body.reasoning_effort) && body.reasoning_effort !== 'none';
  for (const name of ['temperature', 'top_p']) if (reasons && given(body[name])) throw unsupported(name);
  if (reasons && asArray(body.tools).length > 0) {
    throw new Refused(
      'Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions. Please use /v1/responses instead.',
      'reasoning_effort',
    );
  }
  if (given(body.stream_options) && body.stream !== true) {
    throw new Refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
}

function checkTools(body: JsonObject): void {
  if (Array.isArray(body.tools) && body.tools.length === 0) {
    throw new Refused(
      "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'tools',
      'empty_array',
    );
  }
  if (given(body.tool_choice) && !given(body.tools)) {
    throw new Refused(
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      'tool_choice',
    );
  }
  for (const [index, tool] of asArray(body.tools).entries()) {
    const { name } = asObject(asObject(tool)?.function) ?? {};
    const place = `tools[${index}].function.name`;
    if (asObject(tool)?.type !== 'function')
      throw new Refused(`Invalid value for 'tools[${index}].type'.`, `tools[${index}].type`, 'invalid_value');
    if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      throw new Refused(`Invalid '${place}': string does not match pattern.`, place, 'invalid_value');
    }
  }
}

function checkMessages(messages: unknown[]): void {
  let open = new Set<unknown>();
  for (const [index, value] of messages.entries()) {
    const message = asObject(value) ?? {};
    const place = `messages[${index}]`;
    for (const name of Object.keys(message)) {
      if (!MESSAGE_FIELDS.has(name))
        throw new Refused(`Unknown parameter: '${place}.${name}'.`, `${place}.${name}`, 'unknown_parameter');
    }
    if (!ROLES.has(String(message.role)))
      throw new Refused(`Invalid value: '${message.role}'.`, `${place}.role`, 'invalid_value');
    const calls = message.tool_calls;
    if (Array.isArray(calls) && calls.length === 0) {
      throw new Refused(`Invalid '${place}.tool_calls': empty array.`, `${place}.tool_calls`, 'empty_array');
    }
    if (!given(message.content) && !given(calls) && message.role !== 'function') {
      throw new Refused(`Invalid value for 'content': expected a string, got null.`, `${place}.content`);
    }
    checkParts(message, place);
    checkCallIds(asArray(calls), place);
    if (message.role === 'tool') {
      if (!open.delete(message.tool_call_id)) {
        throw new Refused(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `${place}.role`,
        );
      }
      continue;
    }
    if (open.size > 0) throw unanswered(open);
    open = new Set(asArray(calls).map((call) => asObject(call)?.id));
  }
  if (open.size > 0) throw unanswered(open);
}

const MAX_ID = 40;

function checkCallIds(calls: readonly unknown[], place: string): void {
  for (const [at, call] of calls.entries()) {
    const id = String(asObject(call)?.id);
    if (id.length <= MAX_ID) continue;
    const param = `${place}.tool_calls[${at}].id`;
    const message = `Invalid '${param}': string too long. Expected a string with maximum length ${MAX_ID}, but got a string with length ${id.length} instead.`;
    throw new Refused(message, param, 'string_above_max_length');
  }
}

function checkParts(message: JsonObject, place: string): void {
  const known = message.role === 'user' ? ['text', 'image_url', 'input_audio', 'file'] : ['text', 'refusal'];
  for (const [index, part] of asArray(message.content).entries()) {
    if (isObject(part) && known.includes(String(part.type))) continue;
    throw new Refused(`Invalid value: '${asObject(part)?.type}'.`, `${place}.content[${index}].type`, 'invalid_value');
  }
}

function unanswered(ids: Set<unknown>): Refused {
  return new Refused(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...ids].join(', ')}`,
    'messages',
  );
}

const given = (value: unknown): boolean => value !== undefined && value !== null;

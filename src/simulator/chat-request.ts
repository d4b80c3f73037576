import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../protocols/json.ts';
import { Deserialiser, outOfRange, Refusal, texts } from './refusal.ts';
import {
  defaultMaxTokens,
  effortOf,
  MAX_OUTPUT_TOKENS,
  type SimCall,
  type SimRequest,
  type SimTool,
  type ToolChoice,
  type Turn,
} from './sim-request.ts';

const ROLES = ['system', 'user', 'assistant', 'tool', 'latest_reminder'];

/**
 * Reads a Chat Completions body as DeepSeek does. Throws Refusal with its wording for what it refuses: first what the
 * deserialiser finds, then what contradicts itself. Model names and the context window are judged elsewhere.
 * Sources: DeepSeek docs 2026-09, error texts reported up to 2026-08; the strict reading where reports differ.
 */
export function readChatRequest(text: string): SimRequest {
  const body = parseBody(text);
  const at: Deserialiser = new Deserialiser(text);
  if (typeof body.model !== 'string') at.fail([], 'missing field `model`');
  if (!Array.isArray(body.messages)) at.fail([], 'missing field `messages`');
  const turns = body.messages.map((message, index) => readMessage(message, index, at));
  if (turns.length === 0) throw new Refusal(texts.messagesEmpty);

  const tools = readTools(body.tools);
  const thinking = isThinking(body);
  const toolChoice = readToolChoice(body.tool_choice);
  checkToolMessages(turns);
  if (thinking && toolChoice.type !== 'auto' && toolChoice.type !== 'none') throw new Refusal(texts.forcedToolChoice);
  if (thinking && tools.length > 0) checkReasoning(body.messages);
  checkUserId(body.user_id, 'user_id');
  return {
    surface: 'chat-completions',
    model: body.model,
    turns,
    tools,
    toolChoice,
    thinking,
    effort: effortOf(body.reasoning_effort),
    maxTokens: readMaxTokens(body.max_tokens, thinking),
    stop: readStop(body.stop),
    json: readJsonMode(body.response_format, turns),
    stream: body.stream === true,
    includeUsage: asObject(body.stream_options)?.include_usage === true,
    logprobs: body.logprobs === true,
    userId: asString(body.user_id),
  };
}

export function parseBody(text: string): JsonObject {
  const body = parseJson(text);
  if (body === undefined) {
    const what =
      text.trim() === '' ? 'EOF while parsing a value at line 1 column 0' : 'expected value at line 1 column 1';
    throw new Refusal(`Failed to parse the request body as JSON: ${what}`);
  }
  return asObject(body) ?? new Deserialiser(text).fail([], 'invalid type, expected a map');
}

export function readMaxTokens(value: unknown, thinking: boolean): number {
  if (value === undefined || value === null) return defaultMaxTokens(thinking);
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_OUTPUT_TOKENS)
    return value as number;
  throw outOfRange('max_tokens', `[1, ${MAX_OUTPUT_TOKENS}]`);
}

export function readTool(name: unknown, description: unknown, schema: unknown, field: string): SimTool {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new Refusal(
      `Invalid '${field}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
    );
  }
  return { name, description: asString(description) ?? '', schema };
}

export function checkUserId(value: unknown, field: string): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{1,512}$/.test(value)) return;
  throw new Refusal(`Invalid '${field}': it must match the pattern '^[a-zA-Z0-9_-]{1,512}$'.`);
}

/** Every call has its tool message, right after the turn that made it; no tool message stands alone. */
export function checkToolMessages(turns: readonly Turn[]): void {
  let open = new Set<string>();
  for (const turn of turns) {
    if (turn.role === 'tool') {
      if (!open.delete(turn.callId)) throw new Refusal(texts.toolMessageStray);
      continue;
    }
    if (open.size > 0) throw new Refusal(texts.toolMessagesMissing);
    open = new Set(turn.role === 'assistant' ? turn.calls.map((call) => call.id) : []);
  }
  if (open.size > 0) throw new Refusal(texts.toolMessagesMissing);
}

function readMessage(value: unknown, index: number, at: Deserialiser): Turn {
  const path = ['messages', index];
  if (!isObject(value)) at.fail(path, 'invalid type, expected struct ChatCompletionRequestMessage');
  const { role, content } = value;
  if (typeof role !== 'string') at.fail(path, 'missing field `role`');
  if (!ROLES.includes(role)) {
    at.fail(
      [...path, 'role'],
      `unknown variant \`${role}\`, expected one of ${ROLES.map((name) => `\`${name}\``).join(', ')}`,
    );
  }
  if (content === undefined) at.fail(path, 'missing field `content`');
  switch (role) {
    case 'user':
      return readUser(content, path, at);
    case 'assistant':
      return readAssistant(value, path, at);
    case 'tool':
      if (typeof value.tool_call_id !== 'string') at.fail(path, 'missing field `tool_call_id`');
      if (typeof content !== 'string') {
        at.fail(path, 'data did not match any variant of untagged enum ChatCompletionRequestToolMessageContent');
      }
      return { role, callId: value.tool_call_id, text: content };
    default:
      return { role: 'system', text: stringOnly(content, path, at) };
  }
}

function readUser(content: unknown, path: (string | number)[], at: Deserialiser): Turn {
  if (typeof content === 'string') return { role: 'user', text: content, media: 0 };
  if (!Array.isArray(content)) at.fail(path, `invalid type: ${kindOf(content)}, expected a string`);
  const parts = content.map((part) => asObject(part) ?? {});
  const texts: string[] = [];
  for (const part of parts) {
    if (part.type === 'text') texts.push(asString(part.text) ?? at.fail(path, 'missing field `text`'));
    else if (part.type !== 'image_url' && part.type !== 'file') {
      at.fail(path, `unknown variant \`${part.type}\`, expected one of \`text\`, \`image_url\`, \`file\``);
    }
  }
  return { role: 'user', text: texts.join('\n'), media: parts.length - texts.length };
}

function readAssistant(message: JsonObject, path: (string | number)[], at: Deserialiser): Turn {
  const calls = asArray(message.tool_calls).map((call): SimCall => {
    const { name, arguments: args } = asObject(asObject(call)?.function) ?? {};
    return { id: asString(asObject(call)?.id) ?? '', name: asString(name) ?? '', arguments: asString(args) ?? '' };
  });
  if (message.content === null && calls.length === 0) throw new Refusal(texts.assistantEmpty);
  const text = message.content === null ? '' : stringOnly(message.content, path, at);
  return { role: 'assistant', text, reasoning: asString(message.reasoning_content), calls };
}

function stringOnly(content: unknown, path: (string | number)[], at: Deserialiser): string {
  return typeof content === 'string' ? content : at.fail(path, `invalid type: ${kindOf(content)}, expected a string`);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'sequence';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'map';
  return typeof value === 'number' ? `integer \`${value}\`` : `${typeof value} \`${value}\``;
}

function readTools(value: unknown): SimTool[] {
  return asArray(value).map((tool, index) => {
    const { name, description, parameters } = asObject(asObject(tool)?.function) ?? {};
    return readTool(name, description, parameters, `tools[${index}].function.name`);
  });
}

function isThinking(body: JsonObject): boolean {
  return asObject(body.thinking)?.type !== 'disabled' && body.reasoning_effort !== 'none';
}

function readToolChoice(value: unknown): ToolChoice {
  const name = asObject(asObject(value)?.function)?.name;
  if (typeof name === 'string') return { type: 'tool', name };
  return { type: value === 'none' || value === 'required' ? value : 'auto' };
}

function readStop(value: unknown): string[] {
  return (typeof value === 'string' ? [value] : asArray(value)).filter(
    (stop) => typeof stop === 'string' && stop !== '',
  ) as string[];
}

/** With tools, every earlier assistant turn carries its reasoning; an empty one will do. A prefix to complete need not. */
function checkReasoning(messages: unknown[]): void {
  for (const message of messages) {
    if (!isObject(message) || message.role !== 'assistant' || message.prefix === true) continue;
    if (typeof message.reasoning_content !== 'string') throw new Refusal(texts.reasoningMissing);
  }
}

function readJsonMode(format: unknown, turns: readonly Turn[]): boolean {
  const type = asObject(format)?.type;
  if (type === undefined || type === 'text') return false;
  if (type !== 'json_object') throw new Refusal(texts.responseFormat);
  if (!turns.some((turn) => /json/i.test(turn.text))) throw new Refusal(texts.jsonWord);
  return true;
}

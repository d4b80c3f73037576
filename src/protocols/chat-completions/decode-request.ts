import { GatewayError } from '../../errors/catalogue.ts';
import { collectExtras, countOf, readMembers } from '../extras.ts';
import { aBoolean, anInteger, anObject, anything, aString, checkFields, refuse } from '../field-checks.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../json.ts';
import type { JsonText, NeutralReasoning, NeutralRequest, NeutralResponseFormat, NeutralTool } from '../neutral.ts';
import { RawJson } from '../raw-json.ts';
import { readThinkingType } from '../thinking-type.ts';
import { typeName } from '../type-name.ts';
import type { Notes } from '../wire.ts';
import { cacheControlOf } from './decode-content.ts';
import { decodeMessages } from './decode-messages.ts';
import { chatFields } from './request-fields.ts';

/** Fields that no other lane reads. */
const FIELDS = {
  top_k: anInteger,
  reasoning: anObject,
  safety_identifier: aString,
  cache_control: anObject,
};
const TOOL = { type: anything, function: anything, cache_control: anObject };
const FUNCTION = {
  name: anything,
  description: aString,
  parameters: anything,
  strict: aBoolean,
  cache_control: anObject,
};
const TOOL_CHOICE = { type: anything, function: anything };
const CHOSEN_FUNCTION = { name: anything };
const REASONING = { enabled: aBoolean, effort: aString, max_tokens: anInteger };
const THINKING = { type: aString, budget_tokens: anInteger };
const RESPONSE_FORMAT = { type: anything, json_schema: anything };
const JSON_SCHEMA = { name: aString, description: aString, schema: anything, strict: aBoolean };
const STREAM_OPTIONS = { include_usage: aBoolean, include_obfuscation: anything };

/** A Chat Completions request in neutral form. Throws `invalid_param`, `unsupported_parameter`, `unsupported_feature`. */
export function decodeChatRequest(text: JsonText, body: JsonObject, notes: Notes): NeutralRequest {
  checkFields(body, FIELDS);
  const raw = new RawJson(text);
  const { system, messages } = decodeMessages(asArray(body.messages), raw.get('messages'), notes);
  const streamOptions = asObject(body.stream_options) ?? {};
  readMembers(streamOptions, STREAM_OPTIONS, 'stream_options', notes, 'stream_options.');
  return {
    client: 'chat-completions',
    model: asString(body.model) ?? '',
    system,
    messages,
    newestUser: asArray(body.messages).findLastIndex((message) => asObject(message)?.role === 'user'),
    tools: asArray(body.tools).map((tool, i) => decodeTool(tool, raw.get('tools').at(i), `tools[${i}]`, notes)),
    toolChoice: decodeToolChoice(body.tool_choice, notes),
    parallelToolCalls: typeof body.parallel_tool_calls === 'boolean' ? body.parallel_tool_calls : undefined,
    maxOutputTokens: asNumber(body.max_completion_tokens) ?? asNumber(body.max_tokens),
    temperature: asNumber(body.temperature),
    topP: asNumber(body.top_p),
    topK: countOf(body.top_k, 'top_k', notes),
    stopSequences: typeof body.stop === 'string' ? [body.stop] : asArray(body.stop).filter(isString),
    reasoning: decodeReasoning(body, notes),
    responseFormat: decodeResponseFormat(body.response_format, raw.get('response_format'), notes),
    stream: body.stream === true,
    includeUsage: streamOptions.include_usage === true,
    endUser: decodeEndUser(body, notes),
    cacheControl: cacheControlOf(body),
    extras: collectExtras(body, chatFields),
  };
}

function decodeTool(raw: unknown, text: RawJson, where: string, notes: Notes): NeutralTool {
  const tool = asObject(raw) ?? {};
  if (tool.type !== undefined && tool.type !== null && tool.type !== 'function') {
    throw new GatewayError(
      'unsupported_feature',
      `Tools of type \`${typeName(tool.type)}\` are not available on this model: give it a tool of type \`function\` and run it yourself.`,
      { param: `${where}.type` },
    );
  }
  const fn = asObject(tool.function);
  if (fn === undefined) refuse(`${where}.function`, 'is missing: send an object with `name` and `parameters`');
  const name = asString(fn.name);
  if (name === undefined || name === '') refuse(`${where}.function.name`, 'is missing: send a name');
  if (fn.parameters !== undefined && fn.parameters !== null && !isObject(fn.parameters)) {
    refuse(`${where}.function.parameters`, 'must be a JSON Schema object');
  }
  readMembers(tool, TOOL, where, notes);
  readMembers(fn, FUNCTION, `${where}.function`, notes);
  return {
    name,
    description: asString(fn.description),
    schema: isObject(fn.parameters) ? text.get('function').get('parameters').text : undefined,
    strict: typeof fn.strict === 'boolean' ? fn.strict : undefined,
    cacheControl: cacheControlOf(tool) ?? cacheControlOf(fn),
  };
}

function decodeToolChoice(raw: unknown, notes: Notes): NeutralRequest['toolChoice'] {
  if (raw === undefined || raw === null) return undefined;
  if (raw === 'auto' || raw === 'none' || raw === 'required') return { type: raw };
  if (raw === 'any') return { type: 'required' };
  const choice = asObject(raw) ?? {};
  const fn = asObject(choice.function) ?? {};
  const name = asString(fn.name);
  if (choice.type === 'function' && name !== undefined) {
    readMembers(choice, TOOL_CHOICE, 'tool_choice', notes, 'tool_choice.');
    readMembers(fn, CHOSEN_FUNCTION, 'tool_choice.function', notes, 'tool_choice.function.');
    return { type: 'tool', name };
  }
  if (choice.type === 'allowed_tools' || choice.type === 'custom') {
    throw new GatewayError(
      'unsupported_parameter',
      `\`tool_choice\` of type \`${typeName(choice.type)}\` is not available on this model: send only the tools that it may use.`,
      { param: 'tool_choice' },
    );
  }
  refuse('tool_choice', 'must be none, auto, required or {"type":"function","function":{"name":…}}');
}

/** Three spellings: OpenAI's `reasoning_effort`, DeepSeek's `thinking`, and `reasoning` as aggregators have it. */
function decodeReasoning(body: JsonObject, notes: Notes): NeutralReasoning | undefined {
  const thinking = asObject(body.thinking);
  const reasoning = asObject(body.reasoning);
  if (reasoning !== undefined) readMembers(reasoning, REASONING, 'reasoning', notes, 'reasoning.');
  if (thinking !== undefined) readMembers(thinking, THINKING, 'thinking', notes, 'thinking.');
  const effort = asString(body.reasoning_effort) ?? asString(reasoning?.effort);
  const budgets = [
    countOf(thinking?.budget_tokens, 'thinking.budget_tokens', notes),
    countOf(reasoning?.max_tokens, 'reasoning.max_tokens', notes),
  ];
  const budgetTokens = budgets[0] ?? budgets[1];
  const off = effort === 'none' || thinking?.type === 'disabled' || reasoning?.enabled === false;
  const type = readThinkingType(thinking, notes);
  const on = type === 'enabled' || type === 'adaptive' || reasoning?.enabled === true;
  noteOverruled(notes, [
    ['reasoning_effort', asString(body.reasoning_effort), off ? 'none' : effort],
    ['reasoning.effort', asString(reasoning?.effort), off ? 'none' : effort],
    ['thinking.budget_tokens', budgets[0], off ? undefined : budgetTokens],
    ['reasoning.max_tokens', budgets[1], off ? undefined : budgetTokens],
    ['thinking.type', thinking?.type, off ? 'disabled' : thinking?.type],
    ['reasoning.enabled', reasoning?.enabled, off ? false : reasoning?.enabled],
  ]);
  if (effort === undefined && budgetTokens === undefined && !off && !on) return undefined;
  return {
    mode: off ? 'disabled' : on ? (type === 'adaptive' ? 'adaptive' : 'enabled') : undefined,
    budgetTokens: off ? undefined : budgetTokens,
    effort: off ? undefined : effort,
    display: undefined,
  };
}

/** Lists the spellings whose value is not the one that goes up: another spelling overrules them. */
function noteOverruled(notes: Notes, asked: [name: string, value: unknown, used: unknown][]): void {
  for (const [name, value, used] of asked) {
    if (value !== undefined && value !== null && value !== used) notes.changed.add(name);
  }
}

function decodeEndUser(body: JsonObject, notes: Notes): string | undefined {
  const safety = asString(body.safety_identifier);
  const user = asString(body.user) ?? safety;
  noteOverruled(notes, [['safety_identifier', safety, user]]);
  return user;
}

/** Throws `invalid_param` where it is malformed. */
export function decodeResponseFormat(format: unknown, raw: RawJson, notes: Notes): NeutralResponseFormat | undefined {
  if (!isObject(format)) return undefined;
  readMembers(format, RESPONSE_FORMAT, 'response_format', notes, 'response_format.');
  if (format.type === 'text') return undefined;
  if (format.type === 'json_object') return { type: 'json_object' };
  if (format.type !== 'json_schema') refuse('response_format.type', 'must be text, json_object or json_schema');
  const wanted = asObject(format.json_schema) ?? {};
  const schema = wanted.schema ?? undefined;
  if (schema === undefined) refuse('response_format.json_schema.schema', 'is missing: send a JSON Schema');
  if (!isObject(schema)) refuse('response_format.json_schema.schema', 'must be a JSON Schema object');
  readMembers(wanted, JSON_SCHEMA, 'response_format.json_schema', notes, 'response_format.json_schema.');
  return {
    type: 'json_schema',
    name: asString(wanted.name),
    schema: raw.get('json_schema').get('schema').text,
    strict: typeof wanted.strict === 'boolean' ? wanted.strict : undefined,
    description: asString(wanted.description),
  };
}

const isString = (value: unknown): value is string => typeof value === 'string';

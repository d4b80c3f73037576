import { GatewayError } from '../../errors/catalogue.ts';
import { collectExtras, countOf, readMembers } from '../extras.ts';
import { aBoolean, anArray, anInteger, anObject, anything, aString, checkFields, refuse } from '../field-checks.ts';
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../json.ts';
import type {
  JsonText,
  NeutralMessage,
  NeutralReasoning,
  NeutralRequest,
  NeutralResponseFormat,
  NeutralTool,
} from '../neutral.ts';
import { RawJson } from '../raw-json.ts';
import { readThinkingType } from '../thinking-type.ts';
import { typeName } from '../type-name.ts';
import { findUnpaired, namesOf } from '../unpaired-tools.ts';
import type { Notes } from '../wire.ts';
import { cacheControlOf, decodeAssistantContent, decodeTextContent, decodeUserContent } from './decode-content.ts';
import { messagesFields } from './request-fields.ts';

/** Fields that no other lane reads. */
const FIELDS = { output_format: anObject };
const MESSAGE = { role: anything, content: anything };
const TOOL = {
  type: anything,
  name: anything,
  description: aString,
  input_schema: anything,
  strict: aBoolean,
  cache_control: anObject,
  allowed_callers: anArray,
};
const TOOL_CHOICE = { type: anything, name: anything, disable_parallel_tool_use: aBoolean };
const THINKING = { type: aString, budget_tokens: anInteger, display: aString };
const FORMAT = { type: anything, schema: anything, name: aString };
const OUTPUT_CONFIG = { effort: aString, format: anObject };
const METADATA = { user_id: aString };

/** A Messages request in neutral form. Throws `invalid_param`, `unsupported_parameter`, `unsupported_feature`. */
export function decodeMessagesRequest(text: JsonText, body: JsonObject, notes: Notes): NeutralRequest {
  checkFields(body, FIELDS);
  const raw = new RawJson(text);
  const outputConfig = asObject(body.output_config) ?? {};
  readMembers(outputConfig, OUTPUT_CONFIG, 'output_config', notes, 'output_config.');
  const newer = isObject(outputConfig.format);
  const format = newer
    ? decodeFormat(outputConfig.format, raw.get('output_config').get('format'), 'output_config.format', notes)
    : decodeFormat(body.output_format, raw.get('output_format'), 'output_format', notes);
  if (newer && isObject(body.output_format) && !Bun.deepEquals(body.output_format, outputConfig.format)) {
    notes.changed.add('output_format');
  }
  const toolChoice = asObject(body.tool_choice);
  if (toolChoice !== undefined) readMembers(toolChoice, TOOL_CHOICE, 'tool_choice', notes, 'tool_choice.');
  return {
    client: 'messages',
    model: asString(body.model) ?? '',
    system: body.system === undefined || body.system === null ? [] : decodeTextContent(body.system, 'system', notes),
    messages: decodeMessages(asArray(body.messages), raw.get('messages'), notes),
    newestUser: asArray(body.messages).findLastIndex((message) => asObject(message)?.role === 'user'),
    tools: asArray(body.tools).map((tool, i) => decodeTool(tool, raw.get('tools').at(i), `tools[${i}]`, notes)),
    toolChoice: decodeToolChoice(toolChoice),
    parallelToolCalls: toolChoice?.disable_parallel_tool_use === true ? false : undefined,
    maxOutputTokens: asNumber(body.max_tokens),
    temperature: asNumber(body.temperature),
    topP: asNumber(body.top_p),
    topK: asNumber(body.top_k),
    stopSequences: asArray(body.stop_sequences).filter((stop) => typeof stop === 'string'),
    reasoning: decodeReasoning(asObject(body.thinking), asString(outputConfig.effort), notes),
    responseFormat: format,
    stream: body.stream === true,
    includeUsage: true,
    endUser: decodeEndUser(asObject(body.metadata), notes),
    // The protocol's other surfaces have no such mark.
    cacheControl: undefined,
    extras: collectExtras(body, messagesFields),
  };
}

function decodeMessages(messages: readonly unknown[], raw: RawJson, notes: Notes): NeutralMessage[] {
  const turns = messages.map((message, i) => decodeTurn(message, raw.at(i), `messages[${i}]`, notes));
  const unpaired = findUnpaired(turns);
  if (unpaired !== undefined) {
    const ids = namesOf(unpaired.ids);
    // Anthropic's own wording: coding agents look for it to mend their history.
    const message =
      unpaired.kind === 'call-without-result'
        ? `messages.${unpaired.index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`
        : `messages.${unpaired.index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${ids}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    throw new GatewayError('invalid_param', message, { param: `messages[${unpaired.index}]` });
  }
  return turns;
}

function decodeTurn(message: unknown, raw: RawJson, where: string, notes: Notes): NeutralMessage {
  if (!isObject(message)) refuse(where, 'must be an object with `role` and `content`');
  readMembers(message, MESSAGE, where, notes, 'messages.');
  const { content } = message;
  const at = `${where}.content`;
  switch (message.role) {
    case 'user':
      return { role: 'user', parts: decodeUserContent(content, at, notes) };
    case 'assistant':
      return { role: 'assistant', parts: decodeAssistantContent(content, raw.get('content'), at, notes) };
    case 'system':
      return { role: 'system', parts: decodeTextContent(content, at, notes) };
    default:
      refuse(`${where}.role`, 'must be one of user, assistant, system');
  }
}

function decodeTool(raw: unknown, text: RawJson, where: string, notes: Notes): NeutralTool {
  const tool = asObject(raw) ?? {};
  // Custom tools may leave the type out.
  if (tool.type !== undefined && tool.type !== null && tool.type !== 'custom') {
    throw new GatewayError(
      'unsupported_feature',
      `Tools of type \`${typeName(tool.type)}\` are not available on this model: define a custom tool with \`input_schema\` and run it yourself.`,
      { param: `${where}.type` },
    );
  }
  const name = asString(tool.name);
  if (name === undefined || name === '') refuse(`${where}.name`, 'is missing: send a name');
  if (tool.input_schema !== undefined && !isObject(tool.input_schema)) {
    refuse(`${where}.input_schema`, 'must be a JSON Schema object');
  }
  readMembers(tool, TOOL, where, notes);
  const callers = tool.allowed_callers;
  if (Array.isArray(callers) && callers.some((caller) => caller !== 'direct')) notes.changed.add('allowed_callers');
  return {
    name,
    description: asString(tool.description),
    schema: isObject(tool.input_schema) ? text.get('input_schema').text : undefined,
    strict: typeof tool.strict === 'boolean' ? tool.strict : undefined,
    cacheControl: cacheControlOf(tool),
  };
}

function decodeToolChoice(choice: JsonObject | undefined): NeutralRequest['toolChoice'] {
  if (choice === undefined) return undefined;
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { type: choice.type };
    case 'any':
      return { type: 'required' };
    case 'tool': {
      const name = asString(choice.name);
      if (name === undefined) refuse('tool_choice.name', 'is missing: send the name of the tool');
      return { type: 'tool', name };
    }
    default:
      refuse('tool_choice.type', 'must be auto, any, tool or none');
  }
}

function decodeReasoning(
  thinking: JsonObject | undefined,
  effort: string | undefined,
  notes: Notes,
): NeutralReasoning | undefined {
  if (thinking === undefined && effort === undefined) return undefined;
  if (thinking !== undefined) readMembers(thinking, THINKING, 'thinking', notes, 'thinking.');
  const type = readThinkingType(thinking, notes);
  const budget = countOf(thinking?.budget_tokens, 'thinking.budget_tokens', notes);
  const budgeted = type === 'enabled' || type === undefined;
  if (!budgeted && type !== 'disabled' && budget !== undefined) notes.changed.add('thinking.budget_tokens');
  return {
    mode: type,
    budgetTokens: budgeted ? budget : undefined,
    effort,
    display: asString(thinking?.display),
  };
}

function decodeFormat(format: unknown, raw: RawJson, where: string, notes: Notes): NeutralResponseFormat | undefined {
  if (!isObject(format)) return undefined;
  if (format.type !== 'json_schema') refuse(`${where}.type`, 'must be json_schema');
  if (!isObject(format.schema)) refuse(`${where}.schema`, 'is missing: send a JSON Schema');
  readMembers(format, FORMAT, where, notes, `${where}.`);
  return {
    type: 'json_schema',
    name: asString(format.name),
    schema: raw.get('schema').text,
    strict: undefined,
    description: undefined,
  };
}

function decodeEndUser(metadata: JsonObject | undefined, notes: Notes): string | undefined {
  if (metadata === undefined) return undefined;
  readMembers(metadata, METADATA, 'metadata', notes, 'metadata.');
  return asString(metadata.user_id);
}

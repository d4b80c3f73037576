import { settleExtras, takenBy } from '../extras.ts';
import { fieldName } from '../field-names.ts';
import { isObject, parseJson } from '../json.ts';
import { json, jsonArray, jsonIf, jsonObject } from '../json-build.ts';
import { splice } from '../json-text.ts';
import type { JsonText, NeutralMessage, NeutralRequest, NeutralTool } from '../neutral.ts';
import { requireInput } from '../newest-input.ts';
import { omitDocuments } from '../omit-documents.ts';
import { pairToolResults } from '../pair-tool-results.ts';
import { settleFormat } from '../response-format.ts';
import { isUserId } from '../user-id.ts';
import type { Notes, Target } from '../wire.ts';
import { limitBreakpoints } from './cache-breakpoints.ts';
import { MessageEncoder } from './encode-messages.ts';
import { closedSchema, hasMap } from './output-schema.ts';
import { noPrefill } from './prefill.ts';
import { saysSomething, settleThinking } from './thinking.ts';

/** Longest `metadata.user_id` that Anthropic takes. */
const MAX_USER_ID = 256;
/** `strict` tools that Anthropic takes in one request; with more it refuses the whole. */
const MAX_STRICT_TOOLS = 20;
/** Thinking models sample with the whole distribution: at least this `top_p`. */
const MIN_THINKING_TOP_P = 0.95;

/**
 * A Messages request for this upstream. What the route refuses is left out and listed; the rest is as the client had it.
 * Members that a turn may change come after `messages`, so that a longer conversation only adds bytes at the end.
 * Throws `unsupported_parameter`, `unsupported_feature`, `invalid_param`.
 */
export function encodeMessagesRequest(asked: NeutralRequest, target: Target, notes: Notes): JsonText {
  settleExtras(asked, notes);
  const says = ({ parts }: NeutralMessage): boolean => parts.some(saysSomething);
  const takesPrefill = !target.route.refuses.includes('prefill');
  requireInput(asked, says, takesPrefill);
  if (!takesPrefill && asked.messages.findLast(says)?.role === 'assistant') throw noPrefill(target.card.id, 'messages');
  const request = limitBreakpoints(asked, notes);
  const { refuses } = target.route;
  const taken = takenBy(target, notes);
  const has = { jsonObject: false, jsonSchema: !refuses.includes('output-format') };
  const { format, instruction } = settleFormat(request, target, has, notes);
  const readsFiles = target.card.input_modalities.includes('document');
  const turns = omitDocuments(request, target, () => readsFiles, notes);
  const messages = withoutTrailingSpace(pairToolResults(turns), notes);
  const maxTokens = request.maxOutputTokens ?? target.card.max_output;
  const thinking = settleThinking(request, messages, maxTokens, target, notes);
  const sampling = settleSampling(request, target, thinking.on, notes);
  const encoder = new MessageEncoder(target, notes, request.client);
  const schema = format?.type === 'json_schema' ? closedSchema(format.schema, notes) : undefined;
  if (format?.type === 'json_schema' && format.description !== undefined) {
    notes.changed.add('response_format.json_schema.description');
  }
  const outputConfig = jsonObject({
    effort: jsonIf(thinking.effort),
    format: schema === undefined ? undefined : jsonObject({ type: '"json_schema"', schema }),
  });
  const strict = strictTools(request, target, notes);
  const tools = request.tools.map((tool) => encodeTool(tool, strict.has(tool), notes));
  return jsonObject({
    model: json(target.model),
    cache_control: taken('cache_control', request.cacheControl),
    system: encoder.system(request.system, instruction),
    tools: tools.length > 0 ? jsonArray(tools) : undefined,
    tool_choice: taken('tool_choice', encodeToolChoice(request, notes)),
    messages: encoder.turns(messages),
    max_tokens: json(maxTokens),
    thinking: thinking.thinking,
    output_config: taken('output_config', outputConfig === '{}' ? undefined : outputConfig),
    temperature: taken('temperature', jsonIf(sampling.temperature)),
    top_p: taken('top_p', jsonIf(sampling.topP)),
    top_k: taken('top_k', jsonIf(sampling.topK)),
    stop_sequences: taken('stop_sequences', encodeStop(request, notes), fieldName('stop', request.client)),
    metadata: taken('metadata', encodeUser(request, target, notes), fieldName('endUser', request.client)),
    stream: request.stream ? 'true' : undefined,
  });
}

/** A prefilled answer may not end in white space: the model goes on from there. */
function withoutTrailingSpace(messages: NeutralMessage[], notes: Notes): NeutralMessage[] {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return messages;
  // Texts of white space alone go, and what is before them is then the end.
  const end = last.parts.findLastIndex((part) => part.type !== 'text' || part.text.trim() !== '');
  const text = last.parts[end];
  if (text?.type !== 'text' || text.text.trimEnd() === text.text) return messages;
  notes.changed.add('messages.content');
  const parts = last.parts.with(end, { ...text, text: text.text.trimEnd() });
  return [...messages.slice(0, -1), { ...last, parts }];
}

interface Sampling {
  temperature: number | undefined;
  topP: number | undefined;
  topK: number | undefined;
}

/** Within Anthropic's bounds: temperature up to 1; while thinking 1 alone, a `top_p` near 1, and no `top_k`. */
function settleSampling(request: NeutralRequest, target: Target, thinks: boolean, notes: Notes): Sampling {
  let { temperature, topP, topK } = request;
  if (temperature !== undefined && thinks && temperature !== 1) {
    notes.changed.add('temperature');
    temperature = undefined;
  } else if (temperature !== undefined && temperature > 1) {
    notes.changed.add('temperature');
    temperature = 1;
  }
  const paired = target.route.refuses.includes('temperature-with-top-p') && temperature !== undefined;
  if (topP !== undefined && ((thinks && topP < MIN_THINKING_TOP_P) || paired)) {
    notes.changed.add('top_p');
    topP = undefined;
  }
  if (topK !== undefined && thinks) {
    notes.changed.add('top_k');
    topK = undefined;
  }
  return { temperature, topP, topK };
}

/** The tools whose input can be held to their schema: the first that ask for it. */
function strictTools({ tools }: NeutralRequest, target: Target, notes: Notes): ReadonlySet<NeutralTool> {
  const asked = tools.filter((tool) => tool.strict === true);
  const held = target.card.capabilities.includes('json_schema') ? asked.filter((tool) => !hasMap(tool.schema)) : [];
  const strict = held.slice(0, MAX_STRICT_TOOLS);
  if (strict.length < asked.length) notes.changed.add('strict');
  return new Set(strict);
}

function encodeTool(tool: NeutralTool, strict: boolean, notes: Notes): JsonText {
  const schema = inputSchema(tool.schema);
  return jsonObject({
    name: json(tool.name),
    description: jsonIf(tool.description),
    input_schema: strict ? closedSchema(schema, notes) : schema,
    strict: strict ? 'true' : undefined,
    cache_control: tool.cacheControl,
  });
}

/** The schema as it was written; `type: object` is put in where it is missing, for it may not be. */
function inputSchema(schema: JsonText | undefined): JsonText {
  if (schema === undefined) return '{"type":"object","properties":{}}';
  const parsed = parseJson(schema);
  if (isObject(parsed) && parsed.type !== undefined && parsed.type !== null) return schema;
  return splice(schema, [{ path: ['type'], set: '"object"' }]);
}

function encodeToolChoice(request: NeutralRequest, notes: Notes): JsonText | undefined {
  const { toolChoice, tools } = request;
  const one = request.parallelToolCalls === false ? 'true' : undefined;
  if (tools.length === 0) {
    // Refused without tools; `auto` and `none` then say nothing.
    if (toolChoice?.type === 'required' || toolChoice?.type === 'tool') notes.changed.add('tool_choice');
    return undefined;
  }
  switch (toolChoice?.type) {
    case undefined:
      return one === undefined ? undefined : jsonObject({ type: '"auto"', disable_parallel_tool_use: one });
    case 'none':
      return '{"type":"none"}';
    case 'auto':
      return jsonObject({ type: '"auto"', disable_parallel_tool_use: one });
    case 'required':
      return jsonObject({ type: '"any"', disable_parallel_tool_use: one });
    case 'tool':
      return jsonObject({ type: '"tool"', name: json(toolChoice.name), disable_parallel_tool_use: one });
  }
}

/** Sequences of white space alone are refused there. */
function encodeStop({ stopSequences, client }: NeutralRequest, notes: Notes): JsonText | undefined {
  const stops = stopSequences.filter((stop) => stop.trim() !== '');
  if (stops.length < stopSequences.length) notes.changed.add(fieldName('stop', client));
  return stops.length === 0 ? undefined : json(stops);
}

function encodeUser({ endUser, client }: NeutralRequest, target: Target, notes: Notes): JsonText | undefined {
  if (endUser === undefined) return undefined;
  const charset = !target.route.refuses.includes('user-id-charset') || isUserId(endUser);
  if (charset && endUser.length <= MAX_USER_ID) return jsonObject({ user_id: json(endUser) });
  notes.changed.add(fieldName('endUser', client));
  return undefined;
}

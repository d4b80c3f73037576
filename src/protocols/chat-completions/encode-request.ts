import { settleExtras, takenBy } from '../extras.ts';
import { fieldName } from '../field-names.ts';
import { parseJson } from '../json.ts';
import { json, jsonArray, jsonIf, jsonObject } from '../json-build.ts';
import type {
  DocumentPart,
  JsonText,
  NeutralReasoning,
  NeutralRequest,
  NeutralResponseFormat,
  NeutralTool,
} from '../neutral.ts';
import { requireInput } from '../newest-input.ts';
import { omitDocuments } from '../omit-documents.ts';
import { allowedEffort, effortOfBudget } from '../reasoning-effort.ts';
import { fitsStrictMode, settleFormat } from '../response-format.ts';
import { isUserId } from '../user-id.ts';
import type { Notes, Target } from '../wire.ts';
import { hasContent, MessageEncoder, type ReasoningReplay } from './encode-messages.ts';

/** Longest end user id that OpenAI takes. */
const MAX_USER = 64;

/**
 * A Chat Completions request for this upstream. What the route refuses is left out and listed; the rest is as the client
 * had it. Members that a turn may change come after `messages`, so that a longer conversation only adds bytes at the end.
 * Throws `unsupported_parameter`, `unsupported_feature`, `invalid_param`.
 */
export function encodeChatRequest(request: NeutralRequest, target: Target, notes: Notes): JsonText {
  settleExtras(request, notes);
  requireInput(request, hasContent);
  const { refuses } = target.route;
  const taken = takenBy(target, notes);
  const { format, instruction } = settleFormat(request, target, { jsonObject: true, jsonSchema: true }, notes);
  const effort = settleEffort(request, target, notes);
  // These models do not reason unless asked to.
  const samples = !refuses.includes('sampling-while-reasoning') || effort === undefined || effort === 'none';
  if (!samples && request.temperature !== undefined) notes.changed.add('temperature');
  if (!samples && request.topP !== undefined) notes.changed.add('top_p');
  if (request.topK !== undefined) notes.changed.add('top_k');
  const hasTools = request.tools.length > 0;
  const encoder = new MessageEncoder(target, notes, replayOf(request, target, effort), request.tools);
  const readsFiles = target.card.input_modalities.includes('document');
  const takes = ({ kind }: DocumentPart['source']) => kind === 'text' || (kind === 'base64' && readsFiles);
  const turns = omitDocuments(request, target, takes, notes);
  const maxTokens = refuses.includes('max-tokens-name') ? 'max_completion_tokens' : 'max_tokens';
  const userName = refuses.includes('user-name') ? 'user_id' : 'user';
  const stop = request.stopSequences.length > 0 ? json(request.stopSequences) : undefined;
  const parallel = hasTools && request.parallelToolCalls === false ? 'false' : undefined;
  return jsonObject({
    model: json(target.model),
    tools: hasTools ? jsonArray(request.tools.map((tool) => encodeTool(tool, target, notes))) : undefined,
    tool_choice: taken('tool_choice', encodeToolChoice(request, notes)),
    parallel_tool_calls: taken('parallel_tool_calls', parallel, fieldName('parallelToolCalls', request.client)),
    response_format: taken('response_format', encodeFormat(format), fieldName('format', request.client)),
    messages: jsonArray([...encoder.system(request.system, instruction), ...encoder.turns(turns)]),
    [maxTokens]: jsonIf(request.maxOutputTokens),
    temperature: samples ? taken('temperature', jsonIf(request.temperature)) : undefined,
    top_p: samples ? taken('top_p', jsonIf(request.topP)) : undefined,
    stop: taken('stop', stop, fieldName('stop', request.client)),
    reasoning_effort: jsonIf(effort),
    [userName]: taken('user', encodeUser(request, userName, notes), fieldName('endUser', request.client)),
    stream: request.stream ? 'true' : undefined,
    // Without it most upstreams report nothing, and an answer could not be billed truly.
    stream_options: request.stream && !refuses.includes('stream_options') ? '{"include_usage":true}' : undefined,
  });
}

/** `reasoning_effort` for this route; undefined: the upstream's default stands. */
function settleEffort(request: NeutralRequest, target: Target, notes: Notes): string | undefined {
  const { refuses } = target.route;
  const name = fieldName('effort', request.client);
  const { reasoning, toolChoice } = request;
  const forced = toolChoice?.type === 'required' || toolChoice?.type === 'tool';
  if (forced && request.tools.length > 0 && refuses.includes('forced-tool-choice-while-thinking')) {
    if (reasoning?.mode !== 'disabled') notes.changed.add('thinking');
    return 'none';
  }
  if (reasoning?.display !== undefined) notes.changed.add('thinking.display');
  const off = reasoning?.mode === 'disabled';
  if (off && reasoning.effort !== undefined) notes.changed.add(name);
  const budget = reasoning?.budgetTokens;
  const asked = budget === undefined ? effortOfMode(reasoning?.mode, refuses) : effortOfBudget(budget);
  const wanted = off ? 'none' : (reasoning?.effort ?? asked);
  if (wanted === undefined) return undefined;
  const withTools = request.tools.length > 0 && refuses.includes('reasoning-effort-with-tools');
  const effort =
    withTools || refuses.includes('reasoning_effort') ? undefined : allowedEffort(wanted, 'reasoning_effort', refuses);
  if (effort !== wanted) notes.changed.add(reasoning?.effort === undefined || off ? 'thinking' : name);
  return effort;
}

/** Thinking that the client leaves to the model: asked for where the model would not think by itself. */
function effortOfMode(mode: NeutralReasoning['mode'], refuses: readonly string[]): string | undefined {
  const byDefault = refuses.includes('reasoning_effort.none') || refuses.includes('missing-reasoning');
  return mode === undefined || byDefault ? undefined : 'medium';
}

/**
 * Only models that show their reasoning take it back. While they think some must have it on every turn where there are
 * tools, and on those that called one where there are none.
 */
function replayOf(request: NeutralRequest, target: Target, effort: string | undefined): ReasoningReplay {
  if (!target.card.capabilities.includes('thinking') || target.route.refuses.includes('replayed-reasoning'))
    return 'none';
  if (!target.route.refuses.includes('missing-reasoning') || effort === 'none') return 'keep';
  return request.tools.length > 0 ? 'fill' : 'fill-calls';
}

function encodeTool(tool: NeutralTool, target: Target, notes: Notes): JsonText {
  if (tool.cacheControl !== undefined) notes.changed.add('cache_control');
  const strict = tool.strict === true && takesStrict(tool, target);
  if (tool.strict === true && !strict) notes.changed.add('strict');
  const fn = jsonObject({
    name: json(tool.name),
    description: jsonIf(tool.description),
    parameters: tool.schema,
    strict: strict ? 'true' : undefined,
  });
  return jsonObject({ type: '"function"', function: fn });
}

/** Anthropic's strict tools may have optional properties; a schema with one would be refused as strict here. */
function takesStrict({ schema }: NeutralTool, target: Target): boolean {
  return target.card.capabilities.includes('json_schema') && schema !== undefined && fitsStrictMode(parseJson(schema));
}

function encodeToolChoice({ toolChoice, tools }: NeutralRequest, notes: Notes): JsonText | undefined {
  if (toolChoice === undefined) return undefined;
  if (tools.length === 0) {
    // Refused without tools; `auto` and `none` then say nothing.
    if (toolChoice.type === 'required' || toolChoice.type === 'tool') notes.changed.add('tool_choice');
    return undefined;
  }
  if (toolChoice.type !== 'tool') return json(toolChoice.type);
  return jsonObject({ type: '"function"', function: jsonObject({ name: json(toolChoice.name) }) });
}

function encodeFormat(format: NeutralResponseFormat | undefined): JsonText | undefined {
  if (format === undefined) return undefined;
  if (format.type === 'json_object') return '{"type":"json_object"}';
  const strict = format.strict ?? fitsStrictMode(parseJson(format.schema));
  const schema = jsonObject({
    name: json(format.name ?? 'response'),
    description: jsonIf(format.description),
    strict: json(strict),
    schema: format.schema,
  });
  return jsonObject({ type: '"json_schema"', json_schema: schema });
}

/** An id that does not fit would fail the request; coding agents send a whole JSON object. */
function encodeUser({ endUser, client }: NeutralRequest, name: 'user' | 'user_id', notes: Notes): JsonText | undefined {
  if (endUser === undefined) return undefined;
  if (name === 'user' ? endUser.length <= MAX_USER : isUserId(endUser)) return json(endUser);
  notes.changed.add(fieldName('endUser', client));
  return undefined;
}

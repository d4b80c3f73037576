import { createHash } from 'node:crypto';
import { asArray, asObject, isObject, type JsonObject } from '../../src/protocols/json.ts';
import { jsonAnswer, type Responder } from './scripted-upstream.ts';

/** Body fields that need no beta. Source: @anthropic-ai/sdk 1.12.0. */
const FIELDS = new Set(
  `model max_tokens messages system tools tool_choice thinking output_config stop_sequences stream temperature top_p top_k
  metadata service_tier speed cache_control container inference_geo`.split(/\s+/),
);
const BETA_FIELDS = new Set(['context_management', 'mcp_servers', 'betas', 'diagnostics', 'fallbacks']);

interface StrictAnthropicOptions {
  /** Whether messages may have the role `system`, as of Opus 4.8. Default true. */
  systemRole?: boolean;
  /** Whether an answer may go on from an assistant message at the end, as up to Opus 4.5. Default true. */
  prefill?: boolean;
}

/** The signature that this upstream would have given to a thinking text: only exactly this pair is taken back. */
export function signThinking(thinking: string): string {
  return `EqQB${createHash('sha256').update(`signed by the scripted upstream:${thinking}`).digest('base64')}`;
}

/**
 * For `upstream.refuse(…)`: refuses on `/v1/messages` what Anthropic refuses: fields out of place, empty texts, results
 * that do not follow their calls, thinking that it did not sign. Sources: its API reference and reported texts of 2026.
 */
export function strictAnthropic(options: StrictAnthropicOptions = {}): Responder {
  return (request) => {
    if (!/\/messages(\/count_tokens)?(\?|$)/.test(request.path)) return undefined;
    try {
      if (request.headers['anthropic-version'] === undefined)
        throw new Refused('anthropic-version: header is required');
      check(request.json(), request.headers['anthropic-beta'] !== undefined, options);
      return undefined;
    } catch (error) {
      const message = error instanceof Refused ? error.message : 'The request body is not valid JSON';
      return jsonAnswer(
        { type: 'error', error: { type: 'invalid_request_error', message }, request_id: 'req_scripted' },
        400,
      );
    }
  };
}

class Refused extends Error {}

function check(value: unknown, beta: boolean, options: StrictAnthropicOptions): void {
  const body = asObject(value);
  if (body === undefined) throw new Refused('The request body is not valid JSON');
  for (const name of Object.keys(body)) {
    if (!FIELDS.has(name) && !(beta && BETA_FIELDS.has(name)))
      throw new Refused(`${name}: Extra inputs are not permitted`);
  }
  if (typeof body.model !== 'string') throw new Refused('model: Field required');
  if (body.max_tokens === undefined) throw new Refused('max_tokens: Field required');
  checkParameters(body);
  checkTools(body);
  if (!Array.isArray(body.messages)) throw new Refused('messages: Field required');
  if (body.messages.length === 0) throw new Refused('messages: at least one message is required');
  checkBlocks(body.system, 'system');
  const messages = body.messages.map((message) => asObject(message) ?? {});
  for (const [index, message] of messages.entries()) checkMessage(message, index, messages.length, options);
  if (options.prefill === false && messages.at(-1)?.role === 'assistant') {
    throw new Refused(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  if (messages[0]?.role !== 'user') throw new Refused('messages: first message must use the "user" role');
  checkToolPairs(messages.filter((message) => message.role !== 'system'));
  checkCallIds(messages);
  checkBreakpoints(body);
  checkThinkingStart(body, messages);
}

function checkParameters(body: JsonObject): void {
  const { temperature, max_tokens: maxTokens } = body;
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 1))
    throw new Refused('temperature: range: 0..1');
  if (temperature !== undefined && body.top_p !== undefined) {
    throw new Refused('`temperature` and `top_p` cannot both be specified for this model. Please use only one.');
  }
  const thinking = asObject(body.thinking);
  if (thinking === undefined || thinking.type === 'disabled') return;
  if (temperature !== undefined && temperature !== 1) {
    throw new Refused('`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (thinking.type === 'enabled') {
    const budget = Number(thinking.budget_tokens);
    if (!(budget >= 1024))
      throw new Refused('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
    if (Number(maxTokens) <= budget) throw new Refused('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  const choice = asObject(body.tool_choice)?.type;
  if (choice === 'any' || choice === 'tool')
    throw new Refused('Thinking may not be enabled when tool_choice forces tool use.');
}

function checkTools(body: JsonObject): void {
  for (const [index, tool] of asArray(body.tools).entries()) {
    const { name, type, input_schema: schema } = asObject(tool) ?? {};
    if (type !== undefined && type !== null && type !== 'custom') continue;
    if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,128}$/.test(name))
      throw new Refused(`tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (asObject(schema)?.type !== 'object')
      throw new Refused(`tools.${index}.custom.input_schema.type: Field required`);
  }
  if (body.tool_choice !== undefined && asArray(body.tools).length === 0)
    throw new Refused('tool_choice may only be specified while providing tools.');
}

function checkMessage(message: JsonObject, index: number, count: number, options: StrictAnthropicOptions): void {
  const { role, content } = message;
  if (role === 'system' && options.systemRole === false) {
    throw new Refused(`messages.${index}: role 'system' is not supported on this model`);
  }
  if (role !== 'user' && role !== 'assistant' && role !== 'system')
    throw new Refused(`messages.${index}.role: Input should be 'user' or 'assistant'`);
  if (content === undefined) throw new Refused(`messages.${index}.content: Field required`);
  const isPrefill = role === 'assistant' && index === count - 1;
  const empty = typeof content === 'string' ? content === '' : asArray(content).length === 0;
  if (empty && !isPrefill) {
    throw new Refused(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  checkBlocks(content, `messages.${index}.content`);
  const last = typeof content === 'string' ? content : asObject(asArray(content).at(-1))?.text;
  if (isPrefill && typeof last === 'string' && /\s$/.test(last)) {
    throw new Refused('messages: final assistant content cannot end with trailing whitespace');
  }
}

function checkBlocks(content: unknown, path: string): void {
  for (const [index, value] of asArray(content).entries()) {
    const block = asObject(value) ?? {};
    const place = `${path}.${index}`;
    switch (block.type) {
      case 'text':
        if (typeof block.text !== 'string') throw new Refused(`${place}.text.text: Field required`);
        if (block.text === '') throw new Refused('messages: text content blocks must be non-empty');
        if (block.text.trim() === '')
          throw new Refused('messages: text content blocks must contain non-whitespace text');
        break;
      case 'thinking':
        checkThinking(block, place);
        break;
      case 'tool_use':
        if (!isObject(block.input)) throw new Refused(`${place}.tool_use.input: Input should be a valid dictionary`);
        if (!/^[a-zA-Z0-9_-]+$/.test(String(block.id ?? '')))
          throw new Refused(`${place}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
        break;
      case 'tool_result':
        checkBlocks(block.content, `${place}.tool_result.content`);
        break;
      case 'image':
      case 'document':
        checkSource(asObject(block.source) ?? {}, `${place}.${block.type}.source`, block.type);
        break;
      case 'redacted_thinking':
      case 'search_result':
      case 'server_tool_use':
      case 'web_search_tool_result':
      case 'tool_reference':
        break;
      default:
        throw new Refused(
          `${place}: Input tag '${block.type}' found using 'type' does not match any of the expected tags`,
        );
    }
  }
}

function checkThinking(block: JsonObject, place: string): void {
  if (block.signature === undefined) throw new Refused(`${place}.thinking.signature: Field required`);
  if (typeof block.thinking !== 'string') throw new Refused(`${place}.thinking.thinking: Field required`);
  if (block.signature !== signThinking(block.thinking))
    throw new Refused(`${place}: Invalid \`signature\` in \`thinking\` block`);
}

/** Every call has its result in the next message, before anything else in it; every result has its call. */
function checkToolPairs(messages: JsonObject[]): void {
  for (const [index, message] of messages.entries()) {
    const calls = message.role === 'assistant' ? idsOf(message, 'tool_use', 'id') : [];
    const next = messages[index + 1];
    const blocks = asArray(next?.content).map((block) => asObject(block) ?? {});
    const other = blocks.findIndex((block) => block.type !== 'tool_result');
    const first = blocks.slice(0, other < 0 ? blocks.length : other).map((block) => block.tool_use_id);
    const missing = calls.filter((id) => next?.role !== 'user' || !first.includes(id));
    if (missing.length > 0) {
      throw new Refused(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
    const previous = messages[index - 1];
    const called = previous?.role === 'assistant' ? idsOf(previous, 'tool_use', 'id') : [];
    const stray = idsOf(message, 'tool_result', 'tool_use_id').find((id) => !called.includes(id));
    if (stray !== undefined) {
      throw new Refused(
        `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
  }
}

/** What a picture or a document may be in base64, and where else it may come from. */
function checkSource(source: JsonObject, place: string, kind: string): void {
  const types = kind === 'image' ? ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] : ['application/pdf'];
  if (source.type === 'base64' && !types.includes(String(source.media_type))) {
    throw new Refused(`${place}.base64.media_type: Input should be ${types.map((type) => `'${type}'`).join(', ')}`);
  }
  if (source.type === 'url' && !/^https:/.test(String(source.url))) {
    throw new Refused(`${place}.url: Only HTTPS URLs are supported.`);
  }
}

function checkCallIds(messages: JsonObject[]): void {
  const ids = new Set<unknown>();
  for (const [index, message] of messages.entries()) {
    for (const [at, id] of idsOf(message, 'tool_use', 'id').entries()) {
      if (ids.has(id)) throw new Refused(`messages.${index}.content.${at}: \`tool_use\` ids must be unique`);
      ids.add(id);
    }
  }
}

function checkBreakpoints({ tools, system, messages }: JsonObject): void {
  const count = (value: unknown): number => {
    if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + count(each), 0);
    const object = asObject(value);
    if (object === undefined) return 0;
    return (isObject(object.cache_control) ? 1 : 0) + count(object.content);
  };
  const found = count(tools) + count(system) + count(messages);
  if (found > 4) throw new Refused(`A maximum of 4 blocks with cache_control may be provided. Found ${found}.`);
}

/** While it thinks, a turn that called tools and is not finished has to begin with its thinking. */
function checkThinkingStart(body: JsonObject, messages: JsonObject[]): void {
  if (asObject(body.thinking)?.type !== 'enabled') return;
  const index = messages.findLastIndex((message) => message.role === 'assistant');
  const first = asObject(asArray(messages[index]?.content)[0]);
  const unfinished = index >= 0 && idsOf(messages[index]!, 'tool_use', 'id').length > 0;
  if (!unfinished || first?.type === 'thinking' || first?.type === 'redacted_thinking') return;
  throw new Refused(
    `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first?.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  );
}

function idsOf(message: JsonObject, type: string, field: string): unknown[] {
  return asArray(message.content).flatMap((value) => {
    const block = asObject(value);
    return block?.type === type ? [block[field]] : [];
  });
}

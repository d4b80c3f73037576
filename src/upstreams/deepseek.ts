import { GatewayError } from '../errors/catalogue.ts';
import { isImage } from '../models/guards/images.ts';
import {
  BILLING_HEADER,
  DOCUMENT_OMITTED,
  IMAGE_OMITTED,
  jsonSchemaInstruction,
  midConversationSystem,
  PARAGRAPH,
  TOOL_ERROR_PREFIX,
} from '../protocols/added-text.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../protocols/json.ts';
import { type Path, rawAt } from '../protocols/json-scan.ts';
import type { CureTable, RequestView, Vendor } from './cure.ts';
import { limitUnder } from './output-limit.ts';
import { isForeignTurn } from './recall.ts';

/**
 * What DeepSeek refuses on its two surfaces, and the cure of each. Facts: DeepSeek docs of 2026-09 and error texts
 * reported by users up to 2026-08; where enforcement comes and goes, the stricter behaviour is assumed.
 */
const cures: CureTable = {
  // Both surfaces.

  /** Files are not read there: one in the newest message is refused, one further back gives way to a marker. */
  document: (view) => {
    const { card, route } = view;
    const chat = route.protocol !== 'messages';
    // On Chat Completions the simulator speaks for the cards of all vendors, and takes files as theirs do.
    if (chat && card.vendor !== 'deepseek') return;
    const newest = asArray(view.body.messages).findLastIndex((message) => asObject(message)?.role === 'user');
    for (const { path, block } of blocksOf(view)) {
      if (!FILE_BLOCKS.has(asString(block.type) ?? '')) continue;
      if (path[1] === newest && path.length === 4) {
        throw new GatewayError(
          'unsupported_feature',
          `${card.id} does not read \`${block.type}\` ${chat ? 'parts' : 'blocks'}: send the text itself, or use a model that reads documents.`,
          { param: `messages[${path[1]}].content[${path[3]}]` },
        );
      }
      view.edits.push({ path, set: JSON.stringify({ type: 'text', text: DOCUMENT_OMITTED }) });
      view.notes.changed.add(asString(block.type)!);
    }
  },

  // Chat Completions surface.

  /** Only system, user, assistant and tool are known roles. */
  'role-developer': (view) => {
    for (const [index, message] of view.messages) {
      if (message.role === 'developer') view.edits.push({ path: ['messages', index, 'role'], set: '"system"' });
    }
  },

  /** `content` of system, assistant and tool messages is a string; joining adds no character of ours. */
  'array-content': (view) => {
    for (const [index, message] of view.messages) {
      if (message.role === 'user' || !Array.isArray(message.content)) continue;
      view.edits.push({ path: ['messages', index, 'content'], set: JSON.stringify(joinedText(view, message.content)) });
    }
  },

  /** `content` is there on every message; null only beside tool calls. */
  'missing-content': (view) => {
    for (const [index, message] of view.messages) {
      const calls = asArray(message.tool_calls);
      if (message.content === undefined || (message.content === null && calls.length === 0)) {
        view.edits.push({ path: ['messages', index, 'content'], set: '""' });
      }
    }
  },

  /** Empty lists of tools and calls are refused; leaving them out says the same. */
  'empty-tools': (view) => {
    if (Array.isArray(view.body.tools) && view.body.tools.length === 0) {
      view.edits.push({ path: ['tools'], remove: true });
    }
    for (const [index, message] of view.messages) {
      if (Array.isArray(message.tool_calls) && message.tool_calls.length === 0) {
        view.edits.push({ path: ['messages', index, 'tool_calls'], remove: true });
      }
    }
  },

  'max-completion-tokens': limitUnder('max_tokens', 'max_completion_tokens'),

  /** JSON Schema output is not there: the schema goes into the system prompt and JSON mode does the rest. */
  'json-schema': (view) => {
    const format = asObject(view.body.response_format);
    if (format?.type !== 'json_schema') return;
    const wanted = asObject(format.json_schema) ?? {};
    // A model that has it natively comes this way only where the simulator answers, which keeps to any schema.
    if (wanted.strict === true && !view.card.capabilities.includes('json_schema')) {
      throw new GatewayError(
        'unsupported_parameter',
        `\`response_format.json_schema.strict\` cannot be promised on ${view.card.id}: its upstream has no schema-constrained output. Send \`strict: false\` to have the schema put into the prompt, or use a model with the json_schema capability.`,
        { param: 'response_format.json_schema.strict' },
      );
    }
    view.edits.push({ path: ['response_format'], set: '{"type":"json_object"}' });
    const schema = rawAt(view.text, ['response_format', 'json_schema', 'schema']) ?? '{}';
    addToSystem(view, jsonSchemaInstruction(schema, asString(wanted.name), asString(wanted.description)));
    view.notes.emulated.add('json_schema');
  },

  /** While it thinks it takes no forced call ("Thinking mode does not support this tool_choice"): then it must not think. */
  'forced-tool-choice-while-thinking': (view) => {
    if (!isThinking(view.body)) return;
    const choice = view.body.tool_choice;
    const type = isObject(choice) ? choice.type : choice;
    if (type === 'required' || type === 'function' || type === 'any' || type === 'tool') stopThinking(view);
  },

  /**
   * With tools, every earlier assistant turn carries its reasoning, without them those that called one; an empty one is
   * taken where the text is lost.
   */
  'missing-reasoning': (view) => {
    if (!isThinking(view.body)) return;
    const everyTurn = asArray(view.body.tools).length > 0;
    for (const [index, message] of view.messages) {
      if (message.role !== 'assistant' || typeof message.reasoning_content === 'string') continue;
      if (!everyTurn && asArray(message.tool_calls).length === 0) continue;
      const path = ['messages', index, 'reasoning_content'];
      const known = isForeignTurn(view, index) ? undefined : asString(message.reasoning);
      view.edits.push({ path, set: JSON.stringify(known ?? '') });
    }
  },

  // Messages surface.

  /** `role: system` among the messages becomes a user text in its place; results still follow their calls at once. */
  'system-role-in-messages': (view) => {
    let before: JsonObject | undefined;
    /** Texts since then. */
    let due: { at: number; insert: string }[] = [];
    const place = (turn?: JsonObject, index = 0): void => {
      const answersCalls = hasBlock(before, 'tool_use') && hasBlock(turn, 'tool_result');
      for (const { at, insert } of due) {
        view.edits.push({ path: ['messages', answersCalls ? index + 1 : at], insert });
      }
      due = [];
      before = turn;
    };
    for (const [index, message] of view.messages) {
      if (message.role !== 'system') {
        place(message, index);
        continue;
      }
      if (message.output_config !== undefined) view.notes.changed.add('messages.output_config');
      view.edits.push({ path: ['messages', index], remove: true });
      const block = systemText(view, message.content);
      if (block === undefined) continue;
      view.notes.changed.add('messages.role');
      due.push({ at: index, insert: JSON.stringify({ role: 'user', content: [block] }) });
    }
    place();
  },

  /** Letters, digits, `_` and `-` only; coding agents send JSON. It only divides the prompt cache, so it is left out. */
  'user-id-charset': (view) => {
    const userId = asObject(view.body.metadata)?.user_id;
    if (userId === undefined || (typeof userId === 'string' && /^[A-Za-z0-9_-]{1,512}$/.test(userId))) return;
    view.edits.push({ path: ['metadata', 'user_id'], remove: true });
    view.notes.changed.add('metadata.user_id');
  },

  /** Tools that the vendor of the protocol runs, or has trained its own models on, are not there. */
  'server-tools': (view) => {
    for (const [index, tool] of asArray(view.body.tools).entries()) {
      const type = asString(asObject(tool)?.type);
      if (type === undefined || type === 'custom') continue;
      throw new GatewayError(
        'unsupported_feature',
        `${view.card.id} has no tool of type \`${type.slice(0, 64)}\`: offer a tool of your own with an input_schema.`,
        { param: `tools[${index}].type` },
      );
    }
  },

  /** A tool's reference inside a result becomes the tool's name. */
  'tool-reference': (view) => {
    for (const { path, block } of blocksOf(view)) {
      if (block.type !== 'tool_reference') continue;
      const name = asString(block.tool_name) ?? asString(block.name) ?? 'tool';
      view.edits.push({ path, set: JSON.stringify({ type: 'text', text: name }) });
      view.notes.changed.add('tool_reference');
    }
  },

  /** Reasoning of another vendor's make, encrypted or empty, is nothing that DeepSeek could continue. */
  'redacted-thinking': (view) => {
    for (const [index, message] of view.messages) {
      const blocks = asArray(message.content).map((block) => asObject(block) ?? {});
      const foreign = blocks.map((block) => isForeignThinking(view, block));
      for (const [at, block] of blocks.entries()) {
        if (!foreign[at]) continue;
        view.edits.push({ path: ['messages', index, 'content', at], remove: true });
        view.notes.changed.add(asString(block.type) ?? 'thinking');
      }
      // A turn of nothing else goes as a whole: an empty one is refused.
      if (blocks.length > 0 && !foreign.includes(false)) view.edits.push({ path: ['messages', index], remove: true });
    }
  },

  /**
   * With tools, every earlier assistant turn carries its thinking, without them those that called one; where one lacks it,
   * this request must not think.
   */
  'missing-thinking': (view) => {
    if (!isThinking(view.body)) return;
    const everyTurn = asArray(view.body.tools).length > 0;
    const messages = view.messages;
    const last = messages.length - 1;
    const lacking = messages.some(
      ([index, message]) =>
        message.role === 'assistant' &&
        index < last &&
        (everyTurn || hasBlock(message, 'tool_use')) &&
        !asArray(message.content).some(
          (block) => isObject(block) && block.type === 'thinking' && !isForeignThinking(view, block),
        ),
    );
    if (lacking) stopThinking(view);
  },

  /** Claude Code's attribution line changes with the first prompt and would spoil the prefix cache. */
  'billing-header-line': (view) => {
    const { system } = view.body;
    const leaveOut = (text: unknown, whole: Path, holder: Path): void => {
      if (typeof text !== 'string' || !BILLING_HEADER.test(text)) return;
      const rest = text.replace(BILLING_HEADER, '');
      view.edits.push(rest === '' ? { path: whole, remove: true } : { path: holder, set: JSON.stringify(rest) });
      view.notes.changed.add('x-anthropic-billing-header');
    };
    leaveOut(system, ['system'], ['system']);
    for (const [index, block] of asArray(system).entries()) {
      leaveOut(asObject(block)?.text, ['system', index], ['system', index, 'text']);
    }
  },

  /** `is_error` is ignored there, so the result says it in words. */
  'is-error': (view) => {
    for (const { path, block } of blocksOf(view)) {
      if (block.type !== 'tool_result' || block.is_error !== true) continue;
      view.notes.changed.add('is_error');
      if (Array.isArray(block.content)) {
        const at = block.content.findIndex((part) => isObject(part) && part.type === 'text');
        if (at >= 0) {
          const text = asString((block.content[at] as JsonObject).text) ?? '';
          view.edits.push({ path: [...path, 'content', at, 'text'], set: JSON.stringify(TOOL_ERROR_PREFIX + text) });
        } else {
          const part = JSON.stringify({ type: 'text', text: TOOL_ERROR_PREFIX.trim() });
          view.edits.push({ path: [...path, 'content', 0], insert: part });
        }
      } else {
        const text = asString(block.content) ?? '';
        view.edits.push({ path: [...path, 'content'], set: JSON.stringify(TOOL_ERROR_PREFIX + text) });
      }
    }
  },
};

/** Of either surface. */
const FILE_BLOCKS = new Set(['file', 'document', 'search_result', 'container_upload']);

export const deepseek: Vendor = {
  cures,
  /** The message's own id, a UUID. */
  madeSignature: (signature) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(signature),
  isOurFault: (message) => message === 'Model Not Exist',
};

function isForeignThinking(view: RequestView, block: JsonObject): boolean {
  if (block.type === 'redacted_thinking') return true;
  if (block.type !== 'thinking') return false;
  return !block.thinking || view.isForeignSignature(asString(block.signature) ?? '');
}

/** All content blocks of all messages, those inside tool results included, with the way to each. */
function blocksOf(view: RequestView): { path: (string | number)[]; block: JsonObject }[] {
  const found: { path: (string | number)[]; block: JsonObject }[] = [];
  const collect = (content: unknown, path: (string | number)[]): void => {
    for (const [index, block] of asArray(content).entries()) {
      if (!isObject(block)) continue;
      found.push({ path: [...path, index], block });
      if (block.type === 'tool_result') collect(block.content, [...path, index, 'content']);
    }
  };
  for (const [index, message] of view.messages) collect(message.content, ['messages', index, 'content']);
  return found;
}

function hasBlock(message: unknown, type: string): boolean {
  return asArray(asObject(message)?.content).some((block) => isObject(block) && block.type === type);
}

/**
 * A system message as one text block, its blocks as paragraphs; undefined for nothing. Of several cache breakpoints the
 * last stays, at the end.
 */
function systemText(view: RequestView, content: unknown): JsonObject | undefined {
  const blocks = asArray(content).filter(isObject);
  const texts = typeof content === 'string' ? [content] : blocks.map((block) => partText(view, block));
  const text = texts.filter((each) => each !== '').join(PARAGRAPH);
  if (text === '') return undefined;
  const marked = blocks.filter((block) => isObject(block.cache_control));
  const breakpoint = marked.at(-1);
  if (marked.length > 1 || (breakpoint !== undefined && breakpoint !== blocks.at(-1)))
    view.notes.changed.add('cache_control');
  const block = { type: 'text', text: midConversationSystem(text) };
  return breakpoint === undefined ? block : { ...block, cache_control: breakpoint.cache_control };
}

/** The texts of parts that become one string, which stands for whatever was planned for a single part of them. */
function joinedText(view: RequestView, parts: readonly unknown[]): string {
  return parts.map((part) => (isObject(part) ? partText(view, part) : '')).join('');
}

/** An image or a file gives way to its marker; what else is no text is lost. All are listed. */
function partText(view: RequestView, part: JsonObject): string {
  const text = asString(part.text) ?? asString(part.refusal);
  if (text !== undefined) return text;
  const { protocol } = view.route;
  const image = isImage(part, protocol);
  const type = asString(part.type) ?? 'content';
  view.notes.changed.add(image && protocol !== 'messages' ? 'image_url' : type);
  if (image) return IMAGE_OMITTED;
  return FILE_BLOCKS.has(type) ? DOCUMENT_OMITTED : '';
}

function isThinking(body: JsonObject): boolean {
  if (body.reasoning_effort === 'none') return false;
  return asObject(body.thinking)?.type !== 'disabled';
}

function stopThinking(view: RequestView): void {
  view.edits.push({ path: ['thinking'], set: '{"type":"disabled"}' });
  view.notes.changed.add('thinking');
}

function addToSystem(view: RequestView, text: string): void {
  const first = asObject(asArray(view.body.messages)[0]);
  if (first?.role !== 'system' && first?.role !== 'developer') {
    view.edits.push({ path: ['messages', 0], insert: JSON.stringify({ role: 'system', content: text }) });
    return;
  }
  const own = asString(first.content) ?? joinedText(view, asArray(first.content));
  view.edits.push({ path: ['messages', 0, 'content'], set: JSON.stringify(own === '' ? text : `${own}\n\n${text}`) });
}

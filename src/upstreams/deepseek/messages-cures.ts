import { GatewayError } from '../../errors/catalogue.ts';
import { BILLING_HEADER, midConversationSystem, PARAGRAPH, TOOL_ERROR_PREFIX } from '../../protocols/added-text.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../../protocols/json.ts';
import type { Path } from '../../protocols/json-scan.ts';
import { isUserId } from '../../protocols/user-id.ts';
import type { CureTable, RequestView } from '../cure.ts';
import { blocksOf, hasBlock, partText } from './content.ts';
import { isThinking, stopThinking } from './thinking.ts';

/** What DeepSeek refuses on its Messages surface. */
export const messagesCures: CureTable = {
  /** `role: system` among the messages becomes a user text in its place; results still follow their calls at once. */
  'system-role-in-messages': (view) => {
    /** Calls came, and since then only results and the like. */
    let answering = false;
    /** Texts since the last turn that may still be followed by a result; the index behind the last such turn, where one came. */
    let due: { at: number; insert: string }[] = [];
    let behind: number | undefined;
    const place = (): void => {
      for (const { at, insert } of due) view.edits.push({ path: ['messages', Math.max(at, behind ?? 0)], insert });
      due = [];
    };
    for (const [index, message] of view.messages) {
      if (message.role !== 'system') {
        const answers: boolean = answering && hasBlock(message, 'tool_result');
        if (answers) behind = index + 1;
        else {
          place();
          behind = undefined;
        }
        answering = answers || hasBlock(message, 'tool_use');
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
    if (userId === undefined || (typeof userId === 'string' && isUserId(userId))) return;
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
    for (const placed of blocksOf(view)) {
      const { block } = placed;
      if (block.type !== 'tool_reference') continue;
      const name = asString(block.tool_name) ?? asString(block.name) ?? 'tool';
      view.edits.push({ path: placed.path, set: JSON.stringify({ type: 'text', text: name }) });
      view.notes.changed.add('tool_reference');
    }
  },

  /**
   * Reasoning of another vendor's make, encrypted or empty, is nothing that DeepSeek could continue; blocks of tools that ran
   * elsewhere are unknown there. Either would fail the whole request.
   */
  'redacted-thinking': (view) => {
    for (const [index, message] of view.messages) {
      const blocks = asArray(message.content).map((block) => asObject(block) ?? {});
      const answered = foreignlyAnswered(blocks);
      const foreign = blocks.map((block) => isForeignThinking(view, block) || isForeignTool(block, answered));
      for (const [at, block] of blocks.entries()) {
        if (!foreign[at]) continue;
        view.edits.push({ path: ['messages', index, 'content', at], remove: true });
        view.notes.changed.add(asString(block.type)!);
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
    if (!isThinking(view)) return;
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
    for (const placed of blocksOf(view)) {
      const { block } = placed;
      if (block.type !== 'tool_result' || block.is_error !== true) continue;
      const { path } = placed;
      view.notes.changed.add('is_error');
      if (Array.isArray(block.content)) {
        const first = asObject(block.content[0]);
        const text = first?.type === 'text' ? asString(first.text) : undefined;
        const start = [...path, 'content', 0];
        if (text !== undefined) {
          view.edits.push({ path: [...start, 'text'], set: JSON.stringify(TOOL_ERROR_PREFIX + text) });
        } else {
          view.edits.push({ path: start, insert: JSON.stringify({ type: 'text', text: TOOL_ERROR_PREFIX }) });
        }
      } else {
        const text = asString(block.content) ?? '';
        view.edits.push({ path: [...path, 'content'], set: JSON.stringify(TOOL_ERROR_PREFIX + text) });
      }
    }
  },
};

const FOREIGN_TOOLS = /^(mcp_tool_(use|result)|(bash_|text_editor_)?code_execution_tool_result)$/;

/** The calls that foreign results answer. */
const foreignlyAnswered = (blocks: readonly JsonObject[]): ReadonlySet<unknown> =>
  new Set(blocks.filter(({ type }) => isForeignType(type)).map((block) => block.tool_use_id));

const isForeignType = (type: unknown): boolean => typeof type === 'string' && FOREIGN_TOOLS.test(type);

/** Also the call that a foreign result answers: alone it would be refused. */
const isForeignTool = ({ type, id }: JsonObject, answered: ReadonlySet<unknown>): boolean =>
  type === 'server_tool_use' ? answered.has(id) : isForeignType(type);

function isForeignThinking(view: RequestView, block: JsonObject): boolean {
  if (block.type === 'redacted_thinking') return true;
  if (block.type !== 'thinking') return false;
  return !block.thinking || view.isForeignSignature(asString(block.signature) ?? '');
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

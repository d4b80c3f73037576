import { jsonSchemaInstruction } from '../../protocols/added-text.ts';
import { decodeResponseFormat } from '../../protocols/chat-completions/decode-request.ts';
import { asArray, asObject, asString, isObject } from '../../protocols/json.ts';
import { RawJson } from '../../protocols/raw-json.ts';
import { noStrictSchema } from '../../protocols/response-format.ts';
import type { CureTable, RequestView } from '../cure.ts';
import { limitUnder } from '../output-limit.ts';
import { isForeignTurn } from '../recall.ts';
import { joinedText } from './content.ts';
import { isThinking, stopThinking } from './thinking.ts';

/** What DeepSeek refuses on its Chat Completions surface. */
export const chatCures: CureTable = {
  /** Only system, user, assistant and tool are known roles. */
  'role-developer': (view) => {
    for (const [index, message] of view.messages) {
      if (message.role === 'developer') view.edits.push({ path: ['messages', index, 'role'], set: '"system"' });
    }
  },

  /** `content` of system, assistant and tool messages is a string; joining adds no character of ours but around files. */
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
      // How to use them is refused without any.
      for (const name of ['tools', 'tool_choice', 'parallel_tool_calls']) {
        if (view.body[name] !== undefined) view.edits.push({ path: [name], remove: true });
      }
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
    const { response_format: format } = view.body;
    if (asObject(format)?.type !== 'json_schema') return;
    const wanted = decodeResponseFormat(format, new RawJson(view.text).get('response_format'), view.notes);
    if (wanted?.type !== 'json_schema') return;
    // A model that has it natively comes this way only where the simulator answers, which keeps to any schema.
    if (wanted.strict === true && !view.card.capabilities.includes('json_schema')) throw noStrictSchema(view.card.id);
    view.edits.push({ path: ['response_format'], set: '{"type":"json_object"}' });
    addToSystem(view, jsonSchemaInstruction(wanted.schema, wanted.name, wanted.description));
    view.notes.emulated.add('json_schema');
  },

  /** While it thinks it takes no forced call ("Thinking mode does not support this tool_choice"): then it must not think. */
  'forced-tool-choice-while-thinking': (view) => {
    if (!isThinking(view)) return;
    const choice = view.body.tool_choice;
    const type = isObject(choice) ? choice.type : choice;
    if (type === 'required' || type === 'function' || type === 'any' || type === 'tool') stopThinking(view);
  },

  /**
   * With tools, every earlier assistant turn carries its reasoning, without them those that called one; an empty one is
   * taken where the text is lost.
   */
  'missing-reasoning': (view) => {
    if (!isThinking(view)) return;
    const everyTurn = asArray(view.body.tools).length > 0;
    for (const [index, message] of view.messages) {
      if (message.role !== 'assistant' || typeof message.reasoning_content === 'string') continue;
      // It is to be gone on from: what stands before it would be the reasoning of the answer.
      if (message.prefix === true) continue;
      if (!everyTurn && asArray(message.tool_calls).length === 0) continue;
      const given = message.reasoning_content;
      if (given !== undefined && given !== null) view.notes.changed.add('reasoning_content');
      const path = ['messages', index, 'reasoning_content'];
      const known = isForeignTurn(view, index) ? undefined : asString(message.reasoning);
      view.edits.push({ path, set: JSON.stringify(known ?? '') });
    }
  },
};

function addToSystem(view: RequestView, text: string): void {
  const first = asObject(asArray(view.body.messages)[0]);
  if (first?.role !== 'system' && first?.role !== 'developer') {
    view.edits.push({ path: ['messages', 0], insert: JSON.stringify({ role: 'system', content: text }) });
    return;
  }
  const own = asString(first.content) ?? joinedText(view, asArray(first.content));
  view.edits.push({ path: ['messages', 0, 'content'], set: JSON.stringify(own === '' ? text : `${own}\n\n${text}`) });
}

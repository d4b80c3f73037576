import { shortCallId } from '../protocols/chat-completions/call-marks.ts';
import { isThinkingPart } from '../protocols/chat-completions/decode-content.ts';
import { asArray, asObject } from '../protocols/json.ts';
import type { Path } from '../protocols/json-scan.ts';
import type { CureTable, RequestView, Vendor } from './cure.ts';
import { limitUnder } from './output-limit.ts';

/** What OpenAI's reasoning models refuse on Chat Completions. Facts: OpenAI SDK 7 and reports up to 2026-11. */
const cures: CureTable = {
  /** The output limit has another name there. */
  'max-tokens-name': limitUnder('max_completion_tokens', 'max_tokens'),

  /** With tools the effort cannot be chosen. */
  'reasoning-effort-with-tools': (view) => {
    if (asArray(view.body.tools).length > 0) drop(view, 'reasoning_effort');
  },

  /** While it reasons it samples as it likes. */
  'sampling-while-reasoning': (view) => {
    const effort = view.body.reasoning_effort;
    if (typeof effort !== 'string' || effort === 'none') return;
    drop(view, 'temperature');
    drop(view, 'top_p');
  },

  /** Other vendors' models show their reasoning, and clients give it back: here it is unknown, or nothing to go on from. */
  'replayed-reasoning': (view) => {
    for (const [index, message] of view.messages) {
      if (message.role !== 'assistant') continue;
      for (const name of REASONING) {
        const value = message[name];
        if (value === undefined) continue;
        view.edits.push({ path: ['messages', index, name], remove: true });
        if (value !== null && value !== '') view.notes.changed.add(name);
      }
      leaveOutThinkingParts(view, index, message.content);
    }
  },

  /** Gemini signs its calls for itself: another vendor can do nothing with that. */
  'foreign-call-data': (view) => {
    for (const [index, message] of view.messages) {
      for (const [at, call] of asArray(message.tool_calls).entries()) {
        const data = asObject(asObject(call)?.extra_content);
        if (data?.google === undefined) continue;
        const path = ['messages', index, 'tool_calls', at, 'extra_content'];
        view.edits.push({ path: Object.keys(data).length > 1 ? [...path, 'google'] : path, remove: true });
        view.notes.changed.add('extra_content');
      }
    }
  },

  /** Other servers' ids are longer than it takes. */
  'long-call-ids': (view) => {
    for (const [index, message] of view.messages) {
      if (isLongId(message.tool_call_id)) shorten(view, message.tool_call_id, ['messages', index, 'tool_call_id']);
      const calls = asArray(message.tool_calls);
      for (let at = 0; at < calls.length; at++) {
        const id = asObject(calls[at])?.id;
        if (isLongId(id)) shorten(view, id, ['messages', index, 'tool_calls', at, 'id']);
      }
    }
  },
};

const REASONING = ['reasoning_content', 'reasoning'];

/** Mistral's models have their reasoning among the parts of the content. */
function leaveOutThinkingParts(view: RequestView, index: number, content: unknown): void {
  if (!Array.isArray(content)) return;
  const path: Path = ['messages', index, 'content'];
  const thoughts = content.flatMap((part, at) => (isThinkingPart(part) ? at : []));
  if (thoughts.length === 0) return;
  view.notes.changed.add('thinking');
  if (thoughts.length === content.length) view.edits.push({ path, set: '""' });
  else for (const at of thoughts) view.edits.push({ path: [...path, at], remove: true });
}

export const openai: Vendor = { cures };

const isLongId = (id: unknown): id is string => typeof id === 'string' && shortCallId(id) !== id;

function shorten(view: RequestView, id: string, path: Path): void {
  view.edits.push({ path, set: JSON.stringify(shortCallId(id)) });
  view.notes.changed.add('tool_call_id');
}

function drop(view: RequestView, name: string): void {
  if (view.body[name] === undefined) return;
  view.edits.push({ path: [name], remove: true });
  if (view.body[name] !== null) view.notes.changed.add(name);
}

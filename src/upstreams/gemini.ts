import { UNSIGNED_CALL } from '../protocols/chat-completions/call-marks.ts';
import { asArray, asObject, isObject } from '../protocols/json.ts';
import type { CureTable, Vendor } from './cure.ts';

/** What Gemini refuses on its compatible Chat Completions surface. Facts: ai.google.dev docs and reports up to 2026-03. */
const cures: CureTable = {
  /** A turn that called tools carries its signature on the first call. Clients that drop `extra_content` lose it. */
  'missing-thought-signature': (view) => {
    for (const [index, message] of asArray(view.body.messages).entries()) {
      const calls = isObject(message) ? asArray(message.tool_calls) : [];
      if (calls.length === 0 || calls.some(isSigned)) continue;
      view.edits.push({ path: ['messages', index, 'tool_calls', 0, 'extra_content'], set: UNSIGNED_CALL });
      view.notes.changed.add('thought_signature');
    }
  },
};

const isSigned = (call: unknown): boolean =>
  asObject(asObject(asObject(call)?.extra_content)?.google)?.thought_signature !== undefined;

export const gemini: Vendor = { cures };

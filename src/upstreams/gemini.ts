import { isSignedCall, UNSIGNED_CALL } from '../protocols/chat-completions/call-marks.ts';
import { asArray, asObject, asString } from '../protocols/json.ts';
import { wrapToolInput } from '../protocols/tool-input.ts';
import type { CureTable, RequestView, Vendor } from './cure.ts';

/** What Gemini refuses on its compatible Chat Completions surface. Facts: ai.google.dev docs and reports up to 2026-03. */
const cures: CureTable = {
  'broken-arguments': (view) => {
    for (const [index, message] of view.messages) {
      for (const [at, call] of asArray(message.tool_calls).entries()) {
        const written = asString(asObject(asObject(call)?.function)?.arguments);
        if (written === undefined) continue;
        const fit = wrapToolInput(written);
        if (fit === written) continue;
        const path = ['messages', index, 'tool_calls', at, 'function', 'arguments'];
        view.edits.push({ path, set: JSON.stringify(fit) });
        if (written.trim() !== '') view.notes.changed.add('arguments');
      }
    }
  },
  /** A turn that called tools carries its signature on the first call. Clients that drop `extra_content` lose it. */
  'missing-thought-signature': (view) => {
    for (const [index, message] of view.messages) {
      const calls = asArray(message.tool_calls);
      if (calls.length === 0 || calls.some(isSignedCall) || giveBack(view, index, calls)) continue;
      view.edits.push({ path: ['messages', index, 'tool_calls', 0, 'extra_content'], set: UNSIGNED_CALL });
      view.notes.changed.add('thought_signature');
    }
  },
};

/** Puts back what the turn's calls came with, each at its own; false where that is not remembered. */
function giveBack(view: RequestView, index: number, calls: readonly unknown[]): boolean {
  const turn = view.remembered[index];
  if (turn?.vendor !== view.route.vendor) return false;
  let found = false;
  for (const [at, call] of calls.entries()) {
    const own = asString(turn.calls[asString(asObject(call)?.id) ?? '']);
    if (own === undefined) continue;
    view.edits.push({ path: ['messages', index, 'tool_calls', at, 'extra_content'], set: own });
    found = true;
  }
  return found;
}

/** All of them under 400. */
const OUR_FAULT = /^(API key (not valid|expired|not found)|User location is not supported)/i;

export const gemini: Vendor = { cures, isOurFault: (message) => OUR_FAULT.test(message) };

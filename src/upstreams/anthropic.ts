import { asArray, asObject, asString, isObject } from '../protocols/json.ts';
import type { CureTable, Vendor } from './cure.ts';

const LEAST_BUDGET = 1024;
/** Tokens kept for the answer beside a budget that is lowered. */
const ANSWER_ROOM = 1024;

/** What Anthropic refuses on Messages. Facts: Anthropic SDK 1.12 and reports up to 2026-11. */
const cures: CureTable = {
  /** Text blocks are non-empty. */
  'empty-text': (view) => {
    for (const [index, message] of asArray(view.body.messages).entries()) {
      const blocks = isObject(message) ? asArray(message.content) : [];
      for (const [at, block] of blocks.entries()) {
        if (!isObject(block) || block.type !== 'text' || block.text !== '' || blocks.length === 1) continue;
        view.edits.push({ path: ['messages', index, 'content', at], remove: true });
      }
    }
  },

  /** Newer models choose how much to think: a budget is refused. */
  'thinking-budget': (view) => {
    if (asObject(view.body.thinking)?.type !== 'enabled') return;
    view.edits.push({ path: ['thinking', 'type'], set: '"adaptive"' });
    view.edits.push({ path: ['thinking', 'budget_tokens'], remove: true });
    view.notes.changed.add('thinking.budget_tokens');
  },

  /** Older models need a budget, of at least 1,024 tokens and below the output limit. */
  'adaptive-thinking': (view) => {
    if (asObject(view.body.thinking)?.type !== 'adaptive') return;
    view.notes.changed.add('thinking');
    if (view.maxOutput <= LEAST_BUDGET) {
      view.edits.push({ path: ['thinking'], set: '{"type":"disabled"}' });
      return;
    }
    const budget = Math.max(LEAST_BUDGET, Math.floor(view.maxOutput / 2));
    view.edits.push({ path: ['thinking'], set: JSON.stringify({ type: 'enabled', budget_tokens: budget }) });
  },

  /** Where our limit took the room that the client had left beside its budget; a budget that never fitted is its own affair. */
  'thinking-budget-over-limit': (view) => {
    const { maxOutput } = view;
    const thinking = asObject(view.body.thinking);
    const budget = thinking?.budget_tokens;
    const asked = view.body.max_tokens;
    if (thinking?.type !== 'enabled' || typeof budget !== 'number' || typeof asked !== 'number') return;
    if (budget < maxOutput || budget >= asked) return;
    if (maxOutput <= LEAST_BUDGET) {
      view.edits.push({ path: ['thinking'], set: '{"type":"disabled"}' });
      view.notes.changed.add('thinking');
      return;
    }
    const fit = Math.max(LEAST_BUDGET, maxOutput - ANSWER_ROOM);
    view.edits.push({ path: ['thinking', 'budget_tokens'], set: String(fit) });
    view.notes.changed.add('thinking.budget_tokens');
  },

  'temperature-with-top-p': (view) => {
    if (view.body.temperature === undefined || view.body.top_p === undefined) return;
    view.edits.push({ path: ['top_p'], remove: true });
    view.notes.changed.add('top_p');
  },

  /** A signature of another vendor's make, or none, would fail the whole request: that reasoning is left out. */
  'foreign-thinking': (view) => {
    for (const [index, message] of asArray(view.body.messages).entries()) {
      for (const [at, block] of (isObject(message) ? asArray(message.content) : []).entries()) {
        if (!isObject(block) || block.type !== 'thinking') continue;
        const signature = asString(block.signature) ?? '';
        if (signature !== '' && !view.isForeignSignature(signature)) continue;
        view.edits.push({ path: ['messages', index, 'content', at], remove: true });
        view.notes.changed.add('thinking');
      }
    }
  },
};

export const anthropic: Vendor = {
  cures,
  countsTokens: true,
  /** Long base64 of a protocol buffer that begins with its first field's tag. */
  madeSignature: (signature) => signature.length > 100 && /^E[A-Za-z0-9+/]+=*$/.test(signature),
};

import { asArray, asObject, asString, isObject } from '../protocols/json.ts';
import type { Path } from '../protocols/json-scan.ts';
import { noPrefill } from '../protocols/messages/prefill.ts';
import type { CureTable, RequestView, Vendor } from './cure.ts';

const LEAST_BUDGET = 1024;
/** Tokens kept for the answer beside a budget that is lowered. */
const ANSWER_ROOM = 1024;

/** What Anthropic refuses on Messages. Facts: Anthropic SDK 1.12 and reports up to 2026-11. */
const cures: CureTable = {
  /**
   * Text blocks have more than white space, and a turn does not end in its thinking. A user's turn of nothing else stays:
   * only the client knows what it should say.
   */
  'empty-text': (view) => {
    leaveOutEmpty(view, view.body.system, ['system'], isBlankText);
    for (const [index, { role, content }] of view.messages) {
      if (role === 'assistant') leaveOutOfTurn(view, content, ['messages', index]);
      else if (Array.isArray(content)) leaveOutOfUser(view, content, ['messages', index, 'content']);
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
    if (view.maxOutput <= LEAST_BUDGET || lastCallLacksThinking(view)) {
      stopThinking(view);
      return;
    }
    view.notes.changed.add('thinking');
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
      stopThinking(view);
      return;
    }
    const fit = Math.max(LEAST_BUDGET, maxOutput - ANSWER_ROOM);
    view.edits.push({ path: ['thinking', 'budget_tokens'], set: String(fit) });
    view.notes.changed.add('thinking.budget_tokens');
  },

  /** Newer models do not go on from a text. An empty one asks for nothing; after a call they may go on, or say why not. */
  prefill: (view) => {
    const [index, last] = view.messages.at(-1) ?? [];
    if (index === undefined || last?.role !== 'assistant' || saysNothing(last.content)) return;
    const left = rest(view, asArray(last.content));
    const begun = typeof last.content === 'string' || (left.length > 0 && left.every(isWords));
    if (begun) throw noPrefill(view.card.id, `messages[${index}]`);
  },

  'temperature-with-top-p': (view) => {
    if (view.body.temperature === undefined || view.body.top_p === undefined) return;
    view.edits.push({ path: ['top_p'], remove: true });
    view.notes.changed.add('top_p');
  },

  /**
   * A signature of another vendor's make, or none, would fail the whole request: that reasoning is left out. With a budget,
   * a call that is being answered begins with its thinking; where that was left out, this request must not think.
   */
  'foreign-thinking': (view) => {
    let leftOut = false;
    for (const [index, { content }] of view.messages) {
      const blocks = asArray(content);
      if (!blocks.some((block) => isForeignThinking(view, block))) continue;
      leftOut = true;
      for (const [at, block] of blocks.entries()) {
        if (isForeignThinking(view, block)) view.edits.push({ path: ['messages', index, 'content', at], remove: true });
      }
      // A turn of nothing else goes as a whole: an empty one is refused.
      if (rest(view, blocks).length === 0) view.edits.push({ path: ['messages', index], remove: true });
    }
    if (!leftOut) return;
    view.notes.changed.add('thinking');
    const budgeted =
      asObject(view.body.thinking)?.type === 'enabled' && !view.route.refuses.includes('thinking-budget');
    if (budgeted && lastCallLacksThinking(view)) stopThinking(view);
  },
};

export const anthropic: Vendor = {
  cures,
  countsTokens: true,
  // All of them under 400.
  isOurFault: (message) =>
    /^(Your credit balance is too low|This organization has been disabled|You have reached your specified API usage limits)/.test(
      message,
    ),
  /** Long base64 of a protocol buffer that begins with its first field's tag. */
  madeSignature: (signature) => signature.length > 100 && /^E[A-Za-z0-9+/]+=*$/.test(signature),
};

const isBlankText = (block: unknown): boolean => isObject(block) && block.type === 'text' && isBlank(block.text);

const isEmptyText = (block: unknown): boolean => isObject(block) && block.type === 'text' && block.text === '';

const isBlank = (text: unknown): boolean => typeof text === 'string' && text.trim() === '';

/** Whether of an assistant's content nothing is left but, where texts go, the thinking in front of them. */
function saysNothing(content: unknown): boolean {
  if (!Array.isArray(content)) return isBlank(content);
  let blank = content.length === 0;
  for (const block of content) {
    if (isBlankText(block)) blank = true;
    else if (!isThinking(block)) return false;
  }
  return blank;
}

const isThinking = (block: unknown): boolean =>
  isObject(block) && (block.type === 'thinking' || block.type === 'redacted_thinking');

function leaveOutOfTurn(view: RequestView, content: unknown, path: Path): void {
  if (!saysNothing(content)) leaveOutEmpty(view, content, [...path, 'content'], isBlankText);
  else {
    if (asArray(content).some(isThinking)) view.notes.changed.add('thinking');
    view.edits.push({ path, remove: true });
  }
}

/** In a result white space is what the tool said. */
function leaveOutOfUser(view: RequestView, blocks: readonly unknown[], path: Path): void {
  if (!blocks.every(isBlankText)) leaveOutEmpty(view, blocks, path, isBlankText);
  for (let at = 0; at < blocks.length; at++) {
    const block = blocks[at];
    if (!isObject(block) || block.type !== 'tool_result') continue;
    leaveOutEmpty(view, block.content, [...path, at, 'content'], isEmptyText);
  }
}

/** Takes the texts that are `empty` out of the list at `path`; the list with them where it has nothing else. */
function leaveOutEmpty(view: RequestView, list: unknown, path: Path, empty: (block: unknown) => boolean): void {
  if (!Array.isArray(list) || !list.some(empty)) return;
  const all = list.every(empty);
  if (all) view.edits.push({ path, remove: true });
  for (let at = 0; at < list.length; at++) {
    if (!empty(list[at])) continue;
    if (asObject(list[at])?.cache_control) view.notes.changed.add('cache_control');
    if (!all) view.edits.push({ path: [...path, at], remove: true });
  }
}

const isWords = (block: unknown): boolean => isThinking(block) || asObject(block)?.type === 'text';

function isForeignThinking(view: RequestView, block: unknown): boolean {
  if (!isObject(block) || block.type !== 'thinking') return false;
  const signature = asString(block.signature) ?? '';
  return signature === '' || view.isForeignSignature(signature);
}

/** What goes up of a turn's blocks. */
function rest(view: RequestView, blocks: readonly unknown[]): unknown[] {
  return blocks.filter((block) => !isBlankText(block) && !isForeignThinking(view, block));
}

/** Whether the last turn that says anything called a tool and does not begin with its thinking. */
function lastCallLacksThinking(view: RequestView): boolean {
  for (const [, { role, content }] of view.messages.toReversed()) {
    if (role !== 'assistant') continue;
    const blocks = rest(view, asArray(content));
    if (blocks.length === 0 && typeof content !== 'string') continue;
    return blocks.some((block) => asObject(block)?.type === 'tool_use') && !isThinking(blocks[0]);
  }
  return false;
}

/** Without thinking there is none to clear: that edit of the context is then refused. */
function stopThinking(view: RequestView): void {
  view.edits.push({ path: ['thinking'], set: '{"type":"disabled"}' });
  view.notes.changed.add('thinking');
  for (const [index, edit] of asArray(asObject(view.body.context_management)?.edits).entries()) {
    if (!asString(asObject(edit)?.type)?.startsWith('clear_thinking')) continue;
    view.edits.push({ path: ['context_management', 'edits', index], remove: true });
    view.notes.changed.add('context_management');
  }
}

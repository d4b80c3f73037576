import { fieldName } from '../field-names.ts';
import { json, jsonObject } from '../json-build.ts';
import type { JsonText, NeutralMessage, NeutralRequest } from '../neutral.ts';
import { allowedEffort, budgetOfEffort, effortOfBudget, hasBudget, MIN_BUDGET } from '../reasoning-effort.ts';
import type { Notes, Target } from '../wire.ts';

interface Thinking {
  /** `thinking` of the request; undefined: left out. */
  thinking: JsonText | undefined;
  /** `output_config.effort`. */
  effort: string | undefined;
  /** True when the model will think: sampling and forced calls are then restricted. */
  on: boolean;
}

/** Tokens kept for the answer beside the thinking. */
const ANSWER_ROOM = 1024;

/**
 * How this request thinks at this upstream. Anthropic's rules: a budget is at least 1,024 and below `max_tokens`; no
 * thinking together with a forced call or a prefilled answer, nor, with a budget, after a call whose turn has lost its
 * thinking block. Models differ in which form they take (`thinking-budget`, `adaptive-thinking` in the route's refusals).
 * Where thinking cannot be had it goes off, listed.
 */
export function settleThinking(
  request: NeutralRequest,
  messages: readonly NeutralMessage[],
  maxTokens: number,
  target: Target,
  notes: Notes,
): Thinking {
  const { reasoning } = request;
  const { refuses } = target.route;
  const thinks = target.card.capabilities.includes('thinking');
  const none: Thinking = { thinking: undefined, effort: undefined, on: false };
  const off: Thinking = thinks ? { thinking: '{"type":"disabled"}', effort: undefined, on: false } : none;
  if (reasoning?.mode === 'disabled') return off;
  // Surfaces that think unless told not to have these refusals; elsewhere silence means no thinking.
  const byDefault = thinks && refuses.includes('missing-thinking');
  if (reasoning === undefined && !byDefault) return none;
  if (!thinks) {
    notes.changed.add(fieldName('effort', request.client));
    return none;
  }
  const selfDosed = reasoning?.effort !== undefined || reasoning?.mode === 'adaptive';
  const budgeted = !refuses.includes('thinking-budget') && (refuses.includes('adaptive-thinking') || !selfDosed);
  const cannot =
    isForced(request) ||
    messages.at(-1)?.role === 'assistant' ||
    (refuses.includes('missing-thinking') && request.tools.length > 0 && messages.some(lacksThinking)) ||
    (budgeted && lastCallLacksThinking(messages)) ||
    (budgeted && maxTokens <= MIN_BUDGET);
  if (cannot) {
    notes.changed.add('thinking');
    return off;
  }
  if (reasoning === undefined) return none;
  if (budgeted) {
    const { budgetTokens, effort } = reasoning;
    const wanted = budgetTokens ?? budgetOfEffort(effort ?? 'medium');
    const room = Math.max(MIN_BUDGET, maxTokens - ANSWER_ROOM);
    const budget = Math.max(MIN_BUDGET, Math.min(wanted, room));
    if (budgetTokens !== undefined && budget !== budgetTokens) notes.changed.add('thinking.budget_tokens');
    // What was said is not what is done, where a budget goes before it or nobody here knows the level.
    if (effort !== undefined && (budgetTokens !== undefined || !hasBudget(effort))) {
      notes.changed.add(fieldName('effort', request.client));
    }
    return { thinking: jsonObject({ type: '"enabled"', budget_tokens: json(budget) }), effort: undefined, on: true };
  }
  if (reasoning.budgetTokens !== undefined) notes.changed.add('thinking.budget_tokens');
  return {
    // The newest models leave the text out unless asked for it.
    thinking: '{"type":"adaptive","display":"summarized"}',
    effort: settleEffort(request, refuses, notes),
    on: true,
  };
}

function settleEffort(request: NeutralRequest, refuses: readonly string[], notes: Notes): string | undefined {
  const { effort, budgetTokens } = request.reasoning!;
  const wanted = effort ?? (budgetTokens === undefined ? undefined : effortOfBudget(budgetTokens));
  if (wanted === undefined) return undefined;
  // The least level there is `low`.
  const level = wanted === 'minimal' ? 'low' : wanted;
  const allowed = refuses.includes('output_config.effort')
    ? undefined
    : allowedEffort(level, 'output_config.effort', refuses);
  if (allowed !== wanted) notes.changed.add(fieldName('effort', request.client));
  return allowed;
}

const isForced = ({ toolChoice, tools }: NeutralRequest): boolean =>
  tools.length > 0 && (toolChoice?.type === 'required' || toolChoice?.type === 'tool');

/** Reasoning that its maker will know again. */
const isThinking = (part: { type: string; signature?: string | undefined; redacted?: string }): boolean =>
  part.type === 'reasoning' && (part.signature !== undefined || part.redacted !== undefined);

const lacksThinking = (message: NeutralMessage): boolean =>
  message.role === 'assistant' && !message.parts.some(isThinking);

/** Whether the last turn that says anything called a tool and does not begin with its thinking. */
function lastCallLacksThinking(messages: readonly NeutralMessage[]): boolean {
  const last = messages.findLast((message) => message.role === 'assistant' && message.parts.some(saysSomething));
  if (last === undefined || !last.parts.some((part) => part.type === 'tool-call')) return false;
  return last.parts[0] === undefined || !isThinking(last.parts[0]);
}

/** Whether the part has content of its own: a message without one that has is left out. */
export const saysSomething = (part: { type: string; text?: string }): boolean =>
  part.type === 'tool-call' || (part.type !== 'reasoning' && part.text?.trim() !== '');

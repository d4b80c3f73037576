import type { FinishReason } from './neutral.ts';

/**
 * The reason that fits what was sent: `tool_calls` if and only if there are calls. Vendors say `stop` after a call, and
 * clients that trust it never run the tool. Cuts (`length`) and refusals stand: their calls may be incomplete.
 */
export function settleFinish(told: FinishReason, seen: { calls: boolean; refusal: boolean }): FinishReason {
  if (told === 'length' || told === 'content_filter' || told === 'refusal' || told === 'context_window') return told;
  if (seen.calls) return 'tool_calls';
  if (seen.refusal) return 'refusal';
  return told === 'tool_calls' ? 'stop' : told;
}

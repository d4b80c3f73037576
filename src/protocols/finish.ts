import { GatewayError } from '../errors/catalogue.ts';
import type { FinishReason } from './neutral.ts';

/**
 * Answers broken off by the upstream's own fault, by what it gives as finish or stop reason (DeepSeek docs 2026-09, on
 * both of its surfaces; aggregators say `error`). Undefined: the answer came to an end of its own.
 */
export function brokenOff(reason: string | undefined): GatewayError | undefined {
  switch (reason) {
    case 'insufficient_system_resource':
      return new GatewayError('upstream_overloaded', 'The upstream ran out of capacity during the answer.');
    case 'aborted':
      return new GatewayError('upstream_error', 'The upstream aborted the answer.');
    case 'error':
      return new GatewayError('upstream_error', 'The upstream failed during the answer.');
    default:
      return undefined;
  }
}

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

import { GatewayError } from '../errors/catalogue.ts';
import type { FinishReason } from './neutral.ts';

/**
 * Answers broken off by the upstream's own fault, by what it gives as finish or stop reason: DeepSeek docs 2026-09, on
 * both of its surfaces; `abort` of vLLM and SGLang; `network_error` of Z.ai; aggregators say `error`; on Gemini's compatible
 * surface a filter that took a call away (`function_call_filter: MALFORMED_FUNCTION_CALL`). Undefined: the answer came to an
 * end of its own.
 */
export function brokenOff(reason: string | undefined): GatewayError | undefined {
  switch (reason === undefined ? undefined : kindOfReason(reason)) {
    case 'insufficient_system_resource':
      return new GatewayError('upstream_overloaded', 'The upstream ran out of capacity during the answer.');
    case 'aborted':
    case 'abort':
      return new GatewayError('upstream_error', 'The upstream aborted the answer.');
    case 'error':
    case 'network_error':
      return new GatewayError('upstream_error', 'The upstream failed during the answer.');
    case 'function_call_filter':
      return new GatewayError('upstream_error', 'The model wrote a tool call that its vendor could not read.');
    default:
      return undefined;
  }
}

/** Without what Gemini's compatible surface adds: `content_filter: RECITATION`. */
export const kindOfReason = (reason: string): string => reason.split(':', 1)[0]!;

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

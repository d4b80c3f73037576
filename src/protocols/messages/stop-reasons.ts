import { settleFinish } from '../finish.ts';
import type { FinishReason } from '../neutral.ts';

const FROM_WIRE = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop_sequence'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool_calls'],
  ['pause_turn', 'pause'],
  ['refusal', 'refusal'],
  ['model_context_window_exceeded', 'context_window'],
  // As OpenAI calls them: servers of both protocols mix the names up.
  ['stop', 'stop'],
  ['length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
]);

/** Reasons newer than this table end an answer like `end_turn`; so does none where the surface leaves it out. */
export const readStopReason = (reason: string | undefined): FinishReason => FROM_WIRE.get(reason ?? '') ?? 'stop';

const TO_WIRE: Record<FinishReason, string> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  pause: 'pause_turn',
  refusal: 'refusal',
  content_filter: 'refusal',
  context_window: 'model_context_window_exceeded',
};

export const writeStopReason = (reason: FinishReason): string => TO_WIRE[reason];

/** The reason that fits what was sent, in the protocol's words. One newer than the table stays, where no tool has to be run. */
export function trueStopReason(given: string | undefined, toolUsed: boolean): string {
  if (given && !toolUsed && !FROM_WIRE.has(given)) return given;
  return writeStopReason(settleFinish(readStopReason(given), { calls: toolUsed, refusal: false }));
}

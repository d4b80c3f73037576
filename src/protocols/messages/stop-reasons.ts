import type { FinishReason } from '../neutral.ts';

const FROM_WIRE = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop_sequence'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool_calls'],
  ['pause_turn', 'pause'],
  ['refusal', 'refusal'],
  ['model_context_window_exceeded', 'context_window'],
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

import type { GatewayError } from '../../errors/catalogue.ts';
import { brokenOff, kindOfReason } from '../finish.ts';
import type { FinishReason } from '../neutral.ts';

const FROM_WIRE = new Map<string, FinishReason>([
  ['stop', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['tool_calls', 'tool_calls'],
  ['function_call', 'tool_calls'],
  ['content_filter', 'content_filter'],
  // Z.ai's and Tencent's name for it.
  ['sensitive', 'content_filter'],
  // Z.ai's and Mistral's.
  ['model_context_window_exceeded', 'context_window'],
  ['model_length', 'context_window'],
]);

/** Names that this protocol does not have (`eos`, `end_turn`) end an answer like `stop`. */
export function readFinishReason(reason: string): FinishReason | GatewayError {
  return brokenOff(reason) ?? FROM_WIRE.get(kindOfReason(reason)) ?? 'stop';
}

const TO_WIRE: Record<FinishReason, string> = {
  stop: 'stop',
  stop_sequence: 'stop',
  pause: 'stop',
  length: 'length',
  context_window: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  refusal: 'content_filter',
};

export const writeFinishReason = (reason: FinishReason): string => TO_WIRE[reason];

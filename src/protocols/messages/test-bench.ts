import { runLane } from '../../../tests/support/stream-invariants.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import { MessagesExpressStream } from './express-stream.ts';

/** The stream as its client gets it, and the lane that it went through. */
export function run(chunks: Iterable<Uint8Array>, { repair = true, model = 'deepseek-v4-pro' } = {}) {
  const lane = new MessagesExpressStream({
    model,
    repair,
    readError: () => new GatewayError('upstream_overloaded', 'told'),
  });
  return { lane, text: runLane(lane, chunks).text };
}

export const frame = (body: { type: string; [key: string]: unknown }): string =>
  `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
export const usage = {
  input_tokens: 54,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 25344,
  output_tokens: 0,
};
export const start = frame({
  type: 'message_start',
  message: {
    id: 'c0',
    type: 'message',
    role: 'assistant',
    model: 'deepseek-v4-pro',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage,
  },
});
export const open = (index: number, content_block: unknown): string =>
  frame({ type: 'content_block_start', index, content_block });
export const delta = (index: number, value: unknown): string =>
  frame({ type: 'content_block_delta', index, delta: value });
export const stop = (index: number): string => frame({ type: 'content_block_stop', index });
export const thinking = (index: number, text: string): string =>
  delta(index, { type: 'thinking_delta', thinking: text });
export const text = (index: number, value: string): string => delta(index, { type: 'text_delta', text: value });
export const args = (index: number, partial_json: string): string =>
  delta(index, { type: 'input_json_delta', partial_json });
export const ending = (stop_reason: string | null, output_tokens = 9): string =>
  frame({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { ...usage, output_tokens } });
export const last = frame({ type: 'message_stop' });
export const tool = (index: number, id: string): string => open(index, { type: 'tool_use', id, name: 'f', input: {} });

export const good = [
  start,
  open(0, { type: 'thinking', thinking: '', signature: '' }),
  thinking(0, '想 🤔'),
  delta(0, { type: 'signature_delta', signature: 'c0' }),
  stop(0),
  frame({ type: 'ping' }),
  open(1, { type: 'text', text: '' }),
  text(1, 'Hi "there"\n'),
  stop(1),
  ending('end_turn'),
  last,
].join('');

/** As a surface that leaves out stops, signatures and true stop reasons sends it. */
export const sloppy = [
  start,
  open(0, { type: 'thinking', thinking: '' }),
  thinking(0, '想 🤔'),
  open(1, { type: 'text', text: '' }),
  text(1, ''),
  open(2, { type: 'text', text: '' }),
  text(2, 'Both.'),
  tool(3, 'call_00_a'),
  args(3, '{"a":'),
  args(3, '1}'),
  tool(4, 'call_01_b'),
  args(4, ''),
  ending('end_turn'),
  last,
].join('');

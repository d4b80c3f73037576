/**
 * CPU per frame of the two lanes: `bun bench/translate.ts`. Each line relays the same answer, 2,000 deltas in frames as
 * they come from the network, one read each, through one lane, and takes what would go to the client.
 */

import { GatewayError } from '../src/errors/catalogue.ts';
import { ChatExpressStream } from '../src/protocols/chat-completions/express-stream.ts';
import { ReasoningCollector } from '../src/protocols/collect-reasoning.ts';
import type { StreamLane } from '../src/protocols/lane.ts';
import { MessagesExpressStream } from '../src/protocols/messages/express-stream.ts';
import type { Protocol } from '../src/protocols/protocol.ts';
import { TranslatedStream } from '../src/protocols/translated-stream.ts';
import { wires } from '../src/protocols/wires.ts';

const DELTAS = 2000;
const ROUNDS = 40;
const encoder = new TextEncoder();

const words = ['The', ' user', ' asks', ' for', ' the', ' weather', ' in', ' 巴黎', ',', ' so', ' "I"', '\n', ' look'];
const word = (i: number): string => words[i % words.length]!;

function chatFrames(): Uint8Array[] {
  const chunk = (delta: object, finish: string | null, usage: object | null) =>
    encoder.encode(
      `data: ${JSON.stringify({
        id: 'cac7192e-e619-40c6-96b0-ed4276bc03ac',
        object: 'chat.completion.chunk',
        created: 1764661832,
        model: 'deepseek-v4-pro',
        system_fingerprint: 'fp_eaab8d114b_prod0820_fp8_kvcache',
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
        usage,
      })}\n\n`,
    );
  const frames = [chunk({ role: 'assistant', content: null, reasoning_content: '' }, null, null)];
  for (let i = 0; i < DELTAS / 2; i++) frames.push(chunk({ content: null, reasoning_content: word(i) }, null, null));
  for (let i = 0; i < DELTAS / 2; i++) frames.push(chunk({ content: word(i), reasoning_content: null }, null, null));
  frames.push(chunk({ content: '' }, 'stop', { prompt_tokens: 18, completion_tokens: DELTAS, total_tokens: 2018 }));
  frames.push(encoder.encode('data: [DONE]\n\n'));
  return frames;
}

function messagesFrames(): Uint8Array[] {
  const frame = (event: { type: string; [member: string]: unknown }) =>
    encoder.encode(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const usage = { input_tokens: 18, output_tokens: DELTAS };
  const frames = [frame({ type: 'message_start', message: { id: 'msg_1', model: 'claude', usage } })];
  const block = (index: number, content_block: object, delta: (text: string) => object): void => {
    frames.push(frame({ type: 'content_block_start', index, content_block }));
    for (let i = 0; i < DELTAS / 2; i++) {
      frames.push(frame({ type: 'content_block_delta', index, delta: delta(word(i)) }));
    }
    frames.push(frame({ type: 'content_block_stop', index }));
  };
  block(0, { type: 'thinking', thinking: '', signature: '' }, (thinking) => ({ type: 'thinking_delta', thinking }));
  block(1, { type: 'text', text: '' }, (text) => ({ type: 'text_delta', text }));
  frames.push(frame({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage }));
  frames.push(frame({ type: 'message_stop' }));
  return frames;
}

const readError = (): GatewayError => new GatewayError('upstream_error', 'told so');
const context = { model: 'asked-for', requestId: 'req_1', includeUsage: true, createdSeconds: 1, inputEstimate: 9 };
const translated = (client: Protocol, upstream: Protocol): StreamLane =>
  new TranslatedStream({
    client: wires[client],
    upstream: wires[upstream],
    context,
    readError,
    repair: false,
    collector: new ReasoningCollector(),
  });

const lanes: [name: string, frames: Uint8Array[], make: () => StreamLane][] = [
  [
    'express, Chat Completions',
    chatFrames(),
    () => new ChatExpressStream({ model: 'asked-for', includeUsage: true, readError }),
  ],
  [
    'express, Messages',
    messagesFrames(),
    () => new MessagesExpressStream({ model: 'asked-for', repair: false, readError }),
  ],
  ['translated, Chat Completions upstream', chatFrames(), () => translated('messages', 'chat-completions')],
  ['translated, Messages upstream', messagesFrames(), () => translated('chat-completions', 'messages')],
];

function relay(frames: Uint8Array[], lane: StreamLane): number {
  let bytes = 0;
  for (const frame of frames) {
    lane.push(frame);
    bytes += lane.take()?.length ?? 0;
  }
  lane.end();
  if (lane.state !== 'complete') throw lane.failure ?? new Error('the lane did not complete');
  return bytes + lane.terminal().length;
}

for (const [name, frames, make] of lanes) {
  for (let i = 0; i < 5; i++) relay(frames, make());
  const times: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const start = process.cpuUsage();
    relay(frames, make());
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / frames.length);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => times[Math.floor(share * (ROUNDS - 1))]!.toFixed(2);
  console.log(`${name.padEnd(40)} ${at(0.1)} … ${at(0.5)} … ${at(0.9)} µs CPU per frame (p10 … p50 … p90)`);
}

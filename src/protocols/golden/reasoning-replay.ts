import { expect } from 'bun:test';
import { InProcessReasoningMemory } from '../in-process-reasoning-memory.ts';
import type { JsonObject } from '../json.ts';
import { PutBack } from '../put-back.ts';
import type { ReasoningMemory } from '../reasoning-memory.ts';
import { recallReasoning } from '../recall-reasoning.ts';
import { Notes } from '../wire.ts';
import { wires } from '../wires.ts';
import { messagesFrames, translateStream } from './harness.ts';
import { type TargetName, targetNamed } from './targets.ts';

export const KEY = 'key_1';
/** As DeepSeek signs on its Messages surface. */
export const UUID = '91cf0000-554b-4136-8e21-fa0000000000';
/** As Anthropic signs. */
export const CLAUDES = 'EqY4h';

export interface Sent {
  body: JsonObject & {
    messages: { role: string; content: unknown; reasoning_content?: string; tool_calls?: JsonObject[] }[];
  };
  changed: string[];
}

/** A client's request as the upstream gets it, with what the memory knows. */
export async function send(request: object, to: TargetName, memory: ReasoningMemory, keyId = KEY): Promise<Sent> {
  const target = targetNamed(to);
  const client = wires[target.route.protocol === 'messages' ? 'chat-completions' : 'messages'];
  const notes = new Notes();
  const decoded = client.decodeRequest(JSON.stringify(request), request as JsonObject, notes);
  const isForeignSignature = (signature: string) =>
    signature === CLAUDES || (signature === UUID && target.route.vendor !== 'deepseek');
  const replay = { route: target.route, isForeignSignature };
  const putBack = new PutBack();
  const recalled = await recallReasoning(decoded, memory, keyId, replay, notes, putBack);
  const body = JSON.parse(wires[target.route.protocol].encodeRequest(recalled, target, notes)) as Sent['body'];
  return { body, changed: [...notes.changed] };
}

export const thinking = (text: string, signature: string) => ({ type: 'thinking', thinking: text, signature });
export const toolUse = (id: string, input: object) => ({ type: 'tool_use', id, name: 'run', input });
export const tools = [{ type: 'function', function: { name: 'run' } }];
export const toolCall = (id: string, args = '{}') => ({
  id,
  type: 'function',
  function: { name: 'run', arguments: args },
});

/** An answer of a Claude with these blocks, streamed and remembered. */
export function remembered(
  blocks: object[],
  vendor = 'anthropic',
  memory = new InProcessReasoningMemory(),
): InProcessReasoningMemory {
  const events = blocks.flatMap((block, index) => blockEvents(block as JsonObject, index));
  const start = { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 1, output_tokens: 1 } } };
  const end = [{ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: {} }, { type: 'message_stop' }];
  const { collector, stream } = translateStream('messages', [messagesFrames([start, ...events, ...end])]);
  expect(stream.state).toBe('complete');
  collector.remember(memory, KEY, vendor);
  return memory;
}

function blockEvents(block: JsonObject, index: number) {
  const start = (content_block: object) => ({ type: 'content_block_start', index, content_block });
  const delta = (delta: object) => ({ type: 'content_block_delta', index, delta });
  const stop = { type: 'content_block_stop', index };
  switch (block.type) {
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        ...[...String(block.thinking)].map((text) => delta({ type: 'thinking_delta', thinking: text })),
        delta({ type: 'signature_delta', signature: block.signature }),
        stop,
      ];
    case 'text':
      return [start({ type: 'text', text: '' }), delta({ type: 'text_delta', text: block.text }), stop];
    case 'tool_use':
      return [
        start({ ...block, input: {} }),
        delta({ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }),
        stop,
      ];
    default:
      return [start(block), stop];
  }
}

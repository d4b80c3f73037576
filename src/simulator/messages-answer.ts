import { type Answer, type Frame, usageOf } from './answer.ts';
import type { Finish } from './generation.ts';
import { messagesUsage } from './usage.ts';

/**
 * Frames of the Messages stream: ids are UUIDs, the usage is complete at both ends, the thinking is signed with the
 * message's id. How signatures come in streams is disputed; this is what was reported last (2026-08): empty at the
 * start of the block, then one `signature_delta`. Faults show the other forms.
 */
export function* messagesFrames(answer: Answer): Generator<Frame> {
  const { request, generation, id } = answer;
  const message = {
    id,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: messagesUsage({ ...usageOf(answer), outputTokens: 0 }),
  };
  yield frame('start', 'message_start', { message });
  let index = -1;
  let open: 'thinking' | 'text' | 'tool_use' | undefined;

  function* close(): Generator<Frame> {
    if (open === undefined) return;
    if (open === 'thinking') {
      yield frame('signature', 'content_block_delta', { index, delta: { type: 'signature_delta', signature: id } });
    }
    yield frame('block-stop', 'content_block_stop', { index });
    open = undefined;
  }
  function* start(type: NonNullable<typeof open>, content_block: object): Generator<Frame> {
    yield* close();
    open = type;
    index++;
    yield frame('block-start', 'content_block_start', { index, content_block });
  }

  for (const piece of generation) {
    switch (piece.kind) {
      case 'reasoning':
        if (open !== 'thinking') yield* start('thinking', { type: 'thinking', thinking: '', signature: '' });
        yield blockDelta(index, 'thinking_delta', 'thinking', piece);
        break;
      case 'text':
        if (open !== 'text') yield* start('text', { type: 'text', text: '' });
        yield blockDelta(index, 'text_delta', 'text', piece);
        break;
      case 'call':
        yield* start('tool_use', { type: 'tool_use', id: piece.id, name: piece.name, input: {} });
        break;
      case 'arguments':
        yield blockDelta(index, 'input_json_delta', 'partial_json', piece);
    }
  }
  yield* close();
  const delta = stopOf(answer);
  yield frame('finish', 'message_delta', { delta, usage: messagesUsage(usageOf(answer)) });
  yield frame('done', 'message_stop', {});
}

/** The same answer in one piece. Consumes the generation. */
export function messagesBody(answer: Answer): string {
  const { request, generation, id } = answer;
  for (const _ of generation);
  const { reasoning, text, calls } = generation;
  return JSON.stringify({
    id,
    type: 'message',
    role: 'assistant',
    model: request.model,
    content: [
      ...(reasoning === '' ? [] : [{ type: 'thinking', thinking: reasoning, signature: id }]),
      ...(text === '' ? [] : [{ type: 'text', text }]),
      ...calls.map((call) => ({ type: 'tool_use', id: call.id, name: call.name, input: wholeInput(call.arguments) })),
    ],
    ...stopOf(answer),
    usage: messagesUsage(usageOf(answer)),
  });
}

function stopOf(answer: Answer): { stop_reason: string; stop_sequence: string | null } {
  const { finishOverride, generation } = answer;
  const { stopSequence } = generation;
  if (finishOverride === undefined && stopSequence !== undefined) {
    return { stop_reason: 'stop_sequence', stop_sequence: stopSequence };
  }
  return { stop_reason: stopReasons[finishOverride ?? generation.finish], stop_sequence: null };
}

/** The last two have no counterpart; they are passed through as they are. */
const stopReasons: Record<Finish, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  insufficient_system_resource: 'insufficient_system_resource',
  aborted: 'aborted',
};

/** Input that `max_tokens` cut short cannot be an object: it is left out. */
function wholeInput(text: string): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return {};
  }
}

function blockDelta(index: number, type: string, field: string, piece: { text: string; tokens: number }): Frame {
  const data = `{"type":"content_block_delta","index":${index},"delta":{"type":"${type}","${field}":${JSON.stringify(piece.text)}}}`;
  return { kind: 'delta', text: `event: content_block_delta\ndata: ${data}\n\n`, tokens: piece.tokens };
}

function frame(kind: Frame['kind'], type: string, fields: object): Frame {
  return { kind, text: `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`, tokens: 0 };
}

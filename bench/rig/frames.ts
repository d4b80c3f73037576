/**
 * The mock's answers as bytes on the wire. Each delta holds a mark, `@` and 12 digits: the µs at which it was written. A
 * client finds it again on whatever protocol it arrives, and knows how late it is.
 */

/** A frame of a stream, chunked framing included, and where its mark stands; 0: it has none. */
interface Frame {
  bytes: Buffer;
  markAt: number;
}

export type WireProtocol = 'chat-completions' | 'messages';

/** A stream: what comes before the deltas, the deltas, which repeat, and what comes after. */
export interface StreamScript {
  head: Buffer;
  deltas: Frame[];
  tail: Buffer;
}

export const MARK = 0x40;
export const MARK_DIGITS = 12;
const BLANK_MARK = `@${'0'.repeat(MARK_DIGITS)}`;

/** Words behind the mark, so that a frame is about as long as a model's are. */
const WORD = ' and so on';

/** Frames of a stream that goes on until the run ends: more than it comes to. */
const ENDLESS = 4000;

const CHUNK = {
  id: 'cac7192e-e619-40c6-96b0-ed4276bc03ac',
  object: 'chat.completion.chunk',
  created: 1764661832,
  model: 'deepseek-v4-pro',
  system_fingerprint: 'fp_eaab8d114b_prod0820_fp8_kvcache',
};

export function streamScript(protocol: WireProtocol, content: 'text' | 'mixed', frames: number): StreamScript {
  const count = Number.isFinite(frames) ? frames : ENDLESS;
  return protocol === 'chat-completions' ? chatScript(content, count) : messagesScript(content, count);
}

function chatScript(content: 'text' | 'mixed', count: number): StreamScript {
  const chunk = (delta: object, finish: string | null = null, usage: object | null = null): string =>
    `data: ${JSON.stringify({ ...CHUNK, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage })}\n\n`;
  const reasoning = (text: string) => chunk({ content: null, reasoning_content: text });
  const text = (text: string) => chunk({ content: text });
  const call = (index: number) => (args: string) => chunk({ tool_calls: [{ index, function: { arguments: args } }] });
  const begin = (index: number): string =>
    chunk({
      tool_calls: [
        { index, id: `call_${index}`, type: 'function', function: { name: 'look_up', arguments: '{"q":"' } },
      ],
    });
  const end = (index: number): string => call(index)('"}');
  const head = chunk({ role: 'assistant', content: '' });
  const usage = { prompt_tokens: 300, completion_tokens: count, total_tokens: 300 + count };
  const tail = (finish: string): string => `${chunk({ content: '' }, finish, usage)}data: [DONE]\n\n`;
  if (content === 'text') return script(head, repeat(count, text), tail('stop'));
  const parts = share(count);
  return script(
    head,
    [
      ...repeat(parts.reasoning, reasoning),
      ...repeat(parts.text, text),
      ...wrap(begin(0), repeat(parts.call, call(0)), ''),
      ...wrap(end(0) + begin(1), repeat(parts.call, call(1)), end(1)),
    ],
    tail('tool_calls'),
  );
}

function messagesScript(content: 'text' | 'mixed', count: number): StreamScript {
  const event = (body: { type: string; [member: string]: unknown }): string =>
    `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`;
  const start = (index: number, block: object): string =>
    event({ type: 'content_block_start', index, content_block: block });
  const stop = (index: number): string => event({ type: 'content_block_stop', index });
  const delta = (index: number, type: string, member: string) => (text: string) =>
    event({ type: 'content_block_delta', index, delta: { type, [member]: text } });
  const usage = { input_tokens: 300, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
  const head = event({
    type: 'message_start',
    message: {
      id: CHUNK.id,
      type: 'message',
      role: 'assistant',
      model: CHUNK.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  });
  const tail = (reason: string): string =>
    event({
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { ...usage, output_tokens: count },
    }) + event({ type: 'message_stop' });
  const textBlock = (index: number, frames: number): string[] =>
    wrap(start(index, { type: 'text', text: '' }), repeat(frames, delta(index, 'text_delta', 'text')), stop(index));
  if (content === 'text') return script(head, textBlock(0, count), tail('end_turn'));
  const parts = share(count);
  const callBlock = (index: number): string[] => {
    const input = delta(index, 'input_json_delta', 'partial_json');
    const block = { type: 'tool_use', id: `toolu_${index}`, name: 'look_up', input: {} };
    return wrap(start(index, block) + input('{"q":"'), repeat(parts.call, input), input('"}') + stop(index));
  };
  return script(
    head,
    [
      ...wrap(
        start(0, { type: 'thinking', thinking: '', signature: '' }),
        repeat(parts.reasoning, delta(0, 'thinking_delta', 'thinking')),
        delta(0, 'signature_delta', 'signature')(CHUNK.id) + stop(0),
      ),
      ...textBlock(1, parts.text),
      ...callBlock(2),
      ...callBlock(3),
    ],
    tail('tool_use'),
  );
}

/** Of a turn that thinks, talks and calls two tools. */
function share(count: number): { reasoning: number; text: number; call: number } {
  const call = Math.floor(count * 0.1);
  const text = Math.floor(count * 0.4);
  return { reasoning: count - text - 2 * call, text, call };
}

function repeat(count: number, frame: (text: string) => string): string[] {
  return Array.from({ length: count }, () => frame(BLANK_MARK + WORD));
}

/** Frames without a mark ride with the marked ones beside them, so that every write carries one. */
function wrap(before: string, frames: string[], after: string): string[] {
  const all = [...frames];
  all[0] = before + (all[0] ?? '');
  all[all.length - 1] += after;
  return all;
}

function script(head: string, deltas: string[], tail: string): StreamScript {
  return {
    head: chunked(head),
    deltas: deltas.map((text) => {
      const bytes = chunked(text);
      return { bytes, markAt: bytes.indexOf(BLANK_MARK) + 1 };
    }),
    tail: Buffer.concat([chunked(tail), Buffer.from('0\r\n\r\n')]),
  };
}

function chunked(text: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
}

/** Writes the time into a frame's mark. */
export function stamp({ bytes, markAt }: Frame, us: number): void {
  let rest = us;
  for (let i = markAt + MARK_DIGITS - 1; i >= markAt; i--) {
    bytes[i] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

/** A whole answer, head included. */
export function wholeAnswer(protocol: WireProtocol, textBytes: number): Buffer {
  const text = 'All work and no play makes a dull test. '.repeat(Math.ceil(textBytes / 40)).slice(0, textBytes);
  const body =
    protocol === 'chat-completions'
      ? {
          ...CHUNK,
          object: 'chat.completion',
          choices: [{ index: 0, message: { role: 'assistant', content: text }, logprobs: null, finish_reason: 'stop' }],
          usage: { prompt_tokens: 300, completion_tokens: 250, total_tokens: 550 },
        }
      : {
          id: CHUNK.id,
          type: 'message',
          role: 'assistant',
          model: CHUNK.model,
          content: [{ type: 'text', text }],
          stop_reason: 'end_turn',
          stop_sequence: null,
          usage: { input_tokens: 300, output_tokens: 250 },
        };
  const json = JSON.stringify(body);
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}

export const STREAM_HEAD = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n',
);

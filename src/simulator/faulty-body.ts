import type { Protocol } from '../protocols/protocol.ts';
import type { Frame } from './answer.ts';
import type { Faults } from './faults.ts';
import { Refusal } from './refusal.ts';

/** What leaves in place of frames: nothing more, or the end of the connection. */
export type Break = 'stall' | 'cut';

/** The frames of a streamed answer with everything that goes wrong between them. */
export function* faultyFrames(frames: Iterable<Frame>, faults: Faults, surface: Protocol): Generator<Frame | Break> {
  let first = true;
  for (const frame of broken(frames, faults, surface)) {
    if (typeof frame === 'string') yield frame;
    else yield dressed(frame, faults, first);
    first = false;
  }
}

/** The same for an answer in one piece. */
export function* faultyBody(body: string, faults: Faults, surface: Protocol): Generator<Frame | Break> {
  for (let i = 0; i < (faults.keepAlive ?? 0); i++) yield plain('\n');
  if (faults.stallAfter !== undefined) yield 'stall';
  let text = body;
  if (faults.nonJsonAfter !== undefined) text = 'upstream says: oops';
  if (faults.errorFrameAfter !== undefined) text = errors[surface];
  if (faults.flags.has('no-finish')) text = text.replace(/"(finish_reason|stop_reason)":"\w+"/, '"$1":null');
  if (faults.flags.has('no-signature')) text = text.replace(/,"signature":"[^"]*"/, '');
  if (faults.flags.has('end-turn')) text = text.replace('"stop_reason":"tool_use"', '"stop_reason":"end_turn"');
  const short = faults.cutAfter !== undefined || faults.flags.has('truncated-json');
  if (faults.flags.has('bom')) text = `\ufeff${text}`;
  yield plain(short ? text.slice(0, text.length / 2) : text);
  if (faults.cutAfter !== undefined) yield 'cut';
}

function* broken(frames: Iterable<Frame>, faults: Faults, surface: Protocol): Generator<Frame | Break> {
  for (let i = 0; i < (faults.keepAlive ?? 0); i++) yield plain(': keep-alive\n\n');
  const event = surface === 'messages' ? 'event: error\n' : '';
  let count = 0;
  for (const frame of frames) {
    if (count === faults.stallAfter) yield 'stall';
    if (count === faults.cutAfter) yield 'cut';
    if (count === faults.nonJsonAfter) yield plain(`${event}data: oops\n\n`);
    if (count === faults.errorFrameAfter) {
      yield plain(`${event}data: ${errors[surface]}\n\n`);
      return;
    }
    const shown = altered(frame, faults, surface);
    if (shown === undefined) continue;
    yield shown;
    count++;
    if (frame.kind === 'finish' && faults.flags.has('truncated-json')) return;
  }
  // Counts beyond the end still mean what they say: the connection does not end well.
  if (faults.stallAfter !== undefined && faults.stallAfter >= count) yield 'stall';
  if (faults.cutAfter !== undefined && faults.cutAfter >= count) yield 'cut';
}

/** The frame as its faults have it; undefined: it is left out. */
function altered(frame: Frame, { flags }: Faults, surface: Protocol): Frame | undefined {
  const { kind, text } = frame;
  if (flags.has('no-finish') && (kind === 'finish' || (kind === 'done' && surface === 'messages'))) return undefined;
  if (flags.has('no-block-stop') && kind === 'block-stop') return undefined;
  if (flags.has('no-signature')) {
    if (kind === 'signature') return undefined;
    if (kind === 'block-start') return { ...frame, text: text.replace(',"signature":""', '') };
  }
  if (flags.has('end-turn') && kind === 'finish') return { ...frame, text: text.replace('"tool_use"', '"end_turn"') };
  if (flags.has('truncated-json') && kind === 'finish') return { ...frame, text: text.slice(0, text.length / 2) };
  return frame;
}

/** JSON holds no bare line ends, so those of a frame are its framing. */
function dressed(frame: Frame, { flags }: Faults, first: boolean): Frame {
  let { text } = frame;
  if (flags.has('crlf')) text = text.replaceAll('\n', '\r\n');
  if (first && flags.has('bom')) text = `\ufeff${text}`;
  return text === frame.text ? frame : { ...frame, text };
}

const plain = (text: string): Frame => ({ kind: 'delta', text, tokens: 0 });

/** No error inside an answer was ever published for either surface: these follow the protocols. */
const errors: Record<Protocol, string> = {
  'chat-completions': new Refusal('Internal server error', 500, 'server_error').body(),
  messages: JSON.stringify({ type: 'error', error: { type: 'api_error', message: 'Internal server error' } }),
};

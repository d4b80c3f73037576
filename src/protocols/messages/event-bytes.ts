import type { ByteSink } from '../lane.ts';
import { encode } from '../utf8.ts';

/** Events of a Messages stream as bytes: what is looked for in them, and what is written where the upstream wrote none. */

export const LF = 0x0a;
const LINE_ENDS = [LF, 0x0d];
/** How the block of a delta begins, up to its JSON. */
export const DELTA_TEXT = 'event: content_block_delta\ndata: ';
export const DELTA_HEAD = encode(DELTA_TEXT);
export const MESSAGE_STOP = encode('event: message_stop\ndata: {"type":"message_stop"}\n\n');

/** An event of this type. A line end in the data, which only stands between values, would end it. */
export const frame = (type: string, data: string): string => `event: ${type}\ndata: ${data.replaceAll('\n', ' ')}\n\n`;

/** Sends an event. `block`: its bytes, where they may leave as they are. */
export function passEvent(sink: ByteSink, type: string, data: string, block: Uint8Array | undefined): void {
  if (block !== undefined) sink.add(block);
  else sink.addText(frame(type, data));
}

/** More of a tool's input, in our own words. */
export const inputFrame = (index: number, partial_json: string): string =>
  frame(
    'content_block_delta',
    JSON.stringify({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json } }),
  );
/** The end of a block. */
export const blockStopFrame = (index: number): string =>
  frame('content_block_stop', JSON.stringify({ type: 'content_block_stop', index }));

/** Whether the block is a delta's, written as Anthropic writes it. */
export function startsWithDelta(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < DELTA_HEAD.length) return false;
  // Compared from the end: the first bytes are alike in every event.
  for (let i = DELTA_HEAD.length - 1; i >= 0; i--) if (bytes[start + i] !== DELTA_HEAD[i]) return false;
  return true;
}

/** Whether a line of the block is a comment. */
export function hasComment(block: Uint8Array): boolean {
  if (block[0] === 0x3a) return true;
  for (const lineEnd of LINE_ENDS) {
    for (let i = block.indexOf(lineEnd); i >= 0; i = block.indexOf(lineEnd, i + 1))
      if (block[i + 1] === 0x3a) return true;
  }
  return false;
}

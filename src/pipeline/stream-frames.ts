import type { GatewayError } from '../errors/catalogue.ts';
import { chatErrorFrame } from '../protocols/chat-completions/errors.ts';
import { messagesErrorFrame } from '../protocols/messages/errors.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { encode } from '../protocols/utf8.ts';
import type { Call } from './call.ts';

const PING = encode('event: ping\ndata: {"type": "ping"}\n\n');
/** Without a blank line of its own: some clients parse an empty event as JSON. It joins the next frame. */
const COMMENT = encode(': keep-alive\n');

/** What tells a client, and the proxies on its way, that a silent answer is going on. */
export const heartbeat = (protocol: Protocol): Uint8Array => (protocol === 'messages' ? PING : COMMENT);

/** The frame that ends a stream which failed. */
export function errorFrame(call: Call, error: GatewayError): Uint8Array {
  return encode(call.protocol === 'messages' ? messagesErrorFrame(error, call.id) : chatErrorFrame(error));
}

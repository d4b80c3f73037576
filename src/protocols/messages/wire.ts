import type { WireProtocol } from '../wire.ts';
import { decodeMessagesAnswer } from './decode-answer.ts';
import { decodeMessagesRequest } from './decode-request.ts';
import { encodeMessagesAnswer } from './encode-answer.ts';
import { encodeMessagesRequest } from './encode-request.ts';
import { MessagesStreamDecoder } from './stream-decoder.ts';
import { MessagesStreamEncoder } from './stream-encoder.ts';

/** Anthropic Messages, as Anthropic and DeepSeek speak it. */
export const messages: WireProtocol = {
  protocol: 'messages',
  decodeRequest: decodeMessagesRequest,
  encodeRequest: encodeMessagesRequest,
  decodeAnswer: decodeMessagesAnswer,
  encodeAnswer: encodeMessagesAnswer,
  streamDecoder: (surface) => new MessagesStreamDecoder(surface),
  streamEncoder: (context) => new MessagesStreamEncoder(context),
};

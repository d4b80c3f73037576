import type { WireProtocol } from '../wire.ts';
import { decodeChatAnswer } from './decode-answer.ts';
import { decodeChatRequest } from './decode-request.ts';
import { encodeChatAnswer } from './encode-answer.ts';
import { encodeChatRequest } from './encode-request.ts';
import { ChatStreamDecoder } from './stream-decoder.ts';
import { ChatStreamEncoder } from './stream-encoder.ts';

/** OpenAI Chat Completions, as OpenAI, DeepSeek, Gemini's compatible surface, vLLM, Ollama and llama.cpp speak it. */
export const chatCompletions: WireProtocol = {
  protocol: 'chat-completions',
  decodeRequest: decodeChatRequest,
  encodeRequest: encodeChatRequest,
  decodeAnswer: decodeChatAnswer,
  encodeAnswer: encodeChatAnswer,
  streamDecoder: (surface) => new ChatStreamDecoder(surface),
  streamEncoder: (context) => new ChatStreamEncoder(context),
};

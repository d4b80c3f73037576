import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

/** What the official client makes of a Chat Completions stream. Rejects where the client would throw. */
export function accumulateChat(bytes: Uint8Array | string): Promise<OpenAI.Chat.ChatCompletion> {
  const client = new OpenAI({ apiKey: 'unused', maxRetries: 0, fetch: () => Promise.resolve(eventStream(bytes)) });
  return client.chat.completions.stream({ model: 'unused', messages: [] }).finalChatCompletion();
}

/** What the official client makes of a Messages stream. Rejects where the client would throw. */
export function accumulateMessages(bytes: Uint8Array | string): Promise<Anthropic.Message> {
  const client = new Anthropic({ apiKey: 'unused', maxRetries: 0, fetch: () => Promise.resolve(eventStream(bytes)) });
  return client.messages.stream({ model: 'unused', max_tokens: 1, messages: [] }).finalMessage();
}

function eventStream(bytes: Uint8Array | string): Response {
  return new Response(typeof bytes === 'string' ? bytes : bytes.slice(), {
    headers: { 'content-type': 'text/event-stream' },
  });
}

import type { Protocol } from '../../protocols/protocol.ts';

/**
 * A request that people are to send from their own machine, in any language. The key is always taken from the
 * environment variable `BYTESPIKE_API_KEY`: a secret in a snippet ends up in a repository.
 */
export interface SnippetRequest {
  /** Where the gateway is reached, without trailing slash. */
  baseUrl: string;
  protocol: Protocol;
  /** The body as it is sent, `model` and `messages` among its fields. */
  body: Record<string, unknown>;
}

export { KEY_VARIABLE } from '../../config/key-variable.ts';

export const pathOf: Record<Protocol, string> = {
  'chat-completions': '/v1/chat/completions',
  messages: '/v1/messages',
};

/** The smallest request worth sending. */
export function greeting(baseUrl: string, protocol: Protocol, model: string): SnippetRequest {
  const messages = [{ role: 'user', content: 'Hello, ByteSpike.' }];
  const body = protocol === 'messages' ? { model, max_tokens: 1024, messages } : { model, messages };
  return { baseUrl, protocol, body };
}

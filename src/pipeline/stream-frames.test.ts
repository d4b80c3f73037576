import { expect, test } from 'bun:test';
import { GatewayError } from '../errors/catalogue.ts';
import type { Call } from './call.ts';
import { errorFrame, heartbeat } from './stream-frames.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('a heartbeat is an event that Messages knows, and on Chat Completions a comment that joins the next frame', () => {
  expect(text(heartbeat('messages'))).toBe('event: ping\ndata: {"type": "ping"}\n\n');
  expect(text(heartbeat('chat-completions'))).toBe(': keep-alive\n');
});

test('an error is one frame in the shape of the protocol called', () => {
  const error = new GatewayError('upstream_error', 'It broke.');
  const chat = text(errorFrame({ protocol: 'chat-completions', id: 'req_1' } as Call, error));
  expect(chat).toMatch(/^data: \{.*\}\n\n$/);
  expect(JSON.parse(chat.slice(6))).toMatchObject({ error: { type: 'api_error', code: 'upstream_error' } });
  const messages = text(errorFrame({ protocol: 'messages', id: 'req_1' } as Call, error));
  expect(messages).toMatch(/^event: error\ndata: \{.*\}\n\n$/);
  expect(JSON.parse(messages.slice(19))).toMatchObject({ type: 'error', request_id: 'req_1' });
});

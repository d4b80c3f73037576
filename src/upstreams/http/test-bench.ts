import type { Socket, TCPSocketListener } from 'bun';
import type { UpstreamResponse } from '../upstream-response.ts';
import type { HttpClient } from './http-client.ts';

export type Peer = Socket<{ received: string; number: number }>;

/** What is stopped after the test. */
export const open: { stop(force?: boolean): void }[] = [];

/** After each test. */
export function stopAll(): void {
  for (const one of open.splice(0)) one.stop(true);
}

/** A server on raw sockets: `answer` is called with each whole request. */
export function server(
  answer: (peer: Peer, request: string) => void,
): TCPSocketListener<Peer['data']> & { connections: () => number } {
  let connections = 0;
  const listener = Bun.listen<Peer['data']>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (peer) => {
        peer.data = { received: '', number: connections++ };
      },
      data: (peer, bytes) => {
        peer.data.received += bytes.toString('latin1');
        const [head, ...rest] = peer.data.received.split('\r\n\r\n');
        const length = Number(/content-length: (\d+)/.exec(head!)?.[1]);
        if (rest.length === 0 || rest.join('\r\n\r\n').length < length) return;
        const request = peer.data.received;
        peer.data.received = '';
        answer(peer, request);
      },
    },
  });
  open.push(listener);
  return Object.assign(listener, { connections: () => connections });
}

/** The other end of a connection on which each byte calls `ring`. */
export async function ringing(ring: () => void): Promise<Socket<undefined>> {
  const other = Promise.withResolvers<Socket<undefined>>();
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open: other.resolve, data: () => {} } });
  open.push(listener);
  await Bun.connect({ hostname: '127.0.0.1', port: listener.port, socket: { data: ring } });
  return other.promise;
}

export const url = (listener: { port: number }): string => `http://127.0.0.1:${listener.port}/v1/x?y=1`;

export function post(client: HttpClient, to: string, more: Partial<Parameters<HttpClient['post']>[1]> = {}) {
  const signal = new AbortController().signal;
  return client.post(to, { headers: {}, body: '{}', signal, connectMs: 2_000, fresh: false, ...more });
}

export async function text(response: UpstreamResponse): Promise<string> {
  const reader = response.body!.getReader();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(pieces).toString();
    pieces.push(value!);
  }
}

export const ok = (body: string): string =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

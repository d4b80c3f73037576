import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Socket, TCPSocketListener } from 'bun';
import type { BodyFlow, UpstreamResponse } from '../upstream-response.ts';
import { Connection } from './connection.ts';
import { HttpClient } from './http-client.ts';
import { targetOf } from './origin.ts';

type Peer = Socket<{ received: string; number: number }>;

const open: { stop(force?: boolean): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.stop(true);
});

/** A server on raw sockets: `answer` is called with each whole request. */
function server(
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
async function ringing(ring: () => void): Promise<Socket<undefined>> {
  const other = Promise.withResolvers<Socket<undefined>>();
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { open: other.resolve, data: () => {} } });
  open.push(listener);
  await Bun.connect({ hostname: '127.0.0.1', port: listener.port, socket: { data: ring } });
  return other.promise;
}

const url = (listener: { port: number }): string => `http://127.0.0.1:${listener.port}/v1/x?y=1`;

function post(client: HttpClient, to: string, more: Partial<Parameters<HttpClient['post']>[1]> = {}) {
  const signal = new AbortController().signal;
  return client.post(to, { headers: {}, body: '{}', signal, connectMs: 2_000, fresh: false, ...more });
}

async function text(response: UpstreamResponse): Promise<string> {
  const reader = response.body!.getReader();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(pieces).toString();
    pieces.push(value!);
  }
}

const ok = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('a request', () => {
  test('goes out as it is said, and its answer comes back', async () => {
    let seen = '';
    const listener = server((peer, request) => {
      seen = request;
      peer.write(ok('{"中":1}'));
    });
    const response = await post(new HttpClient(), url(listener), { headers: { 'x-a': 'b' }, body: '{"a":"é"}' });
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Length')).toBe('9');
    expect(await text(response)).toBe('{"中":1}');
    expect(seen).toBe(
      `POST /v1/x?y=1 HTTP/1.1\r\nhost: 127.0.0.1:${listener.port}\r\nconnection: keep-alive\r\nx-a: b\r\ncontent-length: 10\r\n\r\n${Buffer.from('{"a":"é"}').toString('latin1')}`,
    );
  });

  test('with headers that were given before goes to the path that it is for', async () => {
    const seen: string[] = [];
    const listener = server((peer, request) => {
      seen.push(request.slice(0, request.indexOf(' HTTP')));
      peer.write(ok(''));
    });
    const client = new HttpClient();
    const headers = { 'x-a': 'b' };
    for (const path of ['/a', '/b', '/a']) {
      await text(await post(client, `http://127.0.0.1:${listener.port}${path}`, { headers }));
    }
    expect(seen).toEqual(['POST /a', 'POST /b', 'POST /a']);
  });

  test('too large for the kernel at once arrives whole', async () => {
    const lengths: number[] = [];
    const listener = server((peer, request) => {
      lengths.push(request.split('\r\n\r\n')[1]!.length);
      peer.write(ok('ok'));
    });
    const response = await post(new HttpClient(), url(listener), { body: 'x'.repeat(20_000_000) });
    expect(await text(response)).toBe('ok');
    expect(lengths).toEqual([20_000_000]);
  });

  test('never takes a line break into its head', async () => {
    const listener = server((peer) => peer.write(ok('')));
    await expect(post(new HttpClient(), url(listener), { headers: { a: 'b\r\nc: d' } })).rejects.toThrow(TypeError);
  });
});

describe('connections', () => {
  test('are used again, the one used last first; a fresh one is made on demand', async () => {
    const listener = server((peer) => peer.write(ok(String(peer.data.number))));
    const client = new HttpClient();
    expect(await text(await post(client, url(listener)))).toBe('0');
    expect(await text(await post(client, url(listener)))).toBe('0');
    expect(await text(await post(client, url(listener), { fresh: true }))).toBe('1');
    expect(await text(await post(client, url(listener)))).toBe('1');
    const both = await Promise.all([post(client, url(listener)), post(client, url(listener))]);
    expect((await Promise.all(both.map(text))).sort()).toEqual(['0', '1']);
    expect(listener.connections()).toBe(2);
  });

  test('by the hundred are all kept', async () => {
    const listener = server((peer) => peer.write(ok('ok')));
    const client = new HttpClient();
    for (let round = 0; round < 3; round++) {
      const responses = await Promise.all(Array.from({ length: 200 }, () => post(client, url(listener))));
      await Promise.all(responses.map(text));
    }
    expect(listener.connections()).toBe(200);
  });

  test('that the other side closed while they were idle are not used', async () => {
    const closed = Promise.withResolvers<void>();
    const listener = server((peer) => {
      peer.write(ok(String(peer.data.number)));
      if (peer.data.number === 0) {
        peer.end();
        closed.resolve();
      }
    });
    const client = new HttpClient();
    await text(await post(client, url(listener)));
    await closed.promise;
    for (;;) {
      const response = await post(client, url(listener)).catch(() => undefined);
      if (response === undefined) continue;
      expect(await text(response)).toBe('1');
      break;
    }
  });

  test('with bytes that nobody asked for are closed', async () => {
    const listener = server((peer) => peer.write(`${ok(String(peer.data.number))}HTTP/1.1 200 OK\r\n\r\nsmuggled`));
    const client = new HttpClient();
    await expect(post(client, url(listener)).then(text)).resolves.toBe('0');
    await expect(post(client, url(listener)).then(text)).resolves.toBe('1');
  });

  test('with bytes that came before the request had left are closed, and the request may be sent again', async () => {
    const peers: Peer[] = [];
    const listener = server((peer) => {
      peers.push(peer);
      peer.write(ok(String(peers.length)));
    });
    const client = new HttpClient();
    await text(await post(client, url(listener)));
    // Within one turn of the event loop: somebody asks, then those bytes are read.
    const asked = Promise.withResolvers<UpstreamResponse>();
    const bell = await ringing(() => asked.resolve(post(client, url(listener))));
    bell.write('x');
    peers[0]!.write('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n');
    await expect(asked.promise).rejects.toMatchObject({ code: 'ECONNRESET', begun: false });
    expect(await text(await post(client, url(listener)))).toBe('2');
    expect(listener.connections()).toBe(2);
  });

  test('whose answer says so are not kept', async () => {
    const listener = server((peer) =>
      peer.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n${peer.data.number}`),
    );
    const client = new HttpClient();
    expect(await text(await post(client, url(listener)))).toBe('0');
    expect(await text(await post(client, url(listener)))).toBe('1');
  });
});

describe('what breaks', () => {
  test('before the answer rejects with the system’s name for it', async () => {
    const gone = server((peer) => peer.terminate());
    await expect(post(new HttpClient(), url(gone))).rejects.toMatchObject({ code: 'ECONNRESET' });
    const closing = server((peer) => void peer.end());
    await expect(post(new HttpClient(), url(closing))).rejects.toMatchObject({ code: 'ECONNRESET' });
    const free = server(() => {});
    free.stop(true);
    await expect(post(new HttpClient(), url(free))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(post(new HttpClient(), 'http://no-such-host.invalid/')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('is known to have begun from the first byte of the answer on', async () => {
    for (const sent of ['', 'H', 'HTTP/1.1 200 OK\r\nx: ', 'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n']) {
      const listener = server((peer) => {
        peer.write(sent);
        peer.end();
      });
      await expect(post(new HttpClient(), url(listener))).rejects.toMatchObject({ begun: sent !== '' });
    }
  });

  test('within the answer breaks the reader, after what came before', async () => {
    const listener = server((peer) => {
      peer.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n');
      peer.flush();
      peer.end();
    });
    const reader = (await post(new HttpClient(), url(listener))).body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe('hello');
    await expect(reader.read()).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('an answer that is no HTTP is told as such', async () => {
    const listener = server((peer) => peer.write('hello\r\n\r\n'));
    await expect(post(new HttpClient(), url(listener))).rejects.toMatchObject({ code: 'MALFORMED_RESPONSE' });
  });

  test('a host that takes no connection: told when the time for it is over', async () => {
    // Addresses that nobody has (RFC 5737) answer nothing, or are refused at once where there is no way to them.
    const started = performance.now();
    const error = await post(new HttpClient(), 'http://192.0.2.1:9/', { connectMs: 50 }).catch((reason) => reason);
    expect(['CONNECT_TIMEOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED']).toContain(error.code);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

describe('who leaves', () => {
  test('before the answer, or within it, closes the connection and gets his own reason', async () => {
    for (const begun of [false, true]) {
      const closed = Promise.withResolvers<void>();
      const asked = Promise.withResolvers<void>();
      const listener = Bun.listen({
        hostname: '127.0.0.1',
        port: 0,
        socket: {
          data: (peer) => {
            if (begun) peer.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx');
            asked.resolve();
          },
          close: () => closed.resolve(),
        },
      });
      open.push(listener);
      const abort = new AbortController();
      const reason = new Error('gone');
      const answer = post(new HttpClient(), url(listener), { signal: abort.signal });
      if (begun) {
        const reader = (await answer).body!.getReader();
        await reader.read();
        const next = reader.read();
        abort.abort(reason);
        await expect(next).rejects.toBe(reason);
      } else {
        await asked.promise;
        abort.abort(reason);
        await expect(answer).rejects.toBe(reason);
      }
      await closed.promise;
    }
  });

  test('after the end touches nobody else’s exchange', async () => {
    const listener = server((peer) => peer.write(ok('ok')));
    const client = new HttpClient();
    const abort = new AbortController();
    await text(await post(client, url(listener), { signal: abort.signal }));
    const second = await post(client, url(listener));
    abort.abort(new Error('late'));
    expect(await text(second)).toBe('ok');
    expect(listener.connections()).toBe(1);
  });

  test('by cancelling closes the connection', async () => {
    const closed = Promise.withResolvers<void>();
    const listener = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data: (peer) => void peer.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx'),
        close: () => closed.resolve(),
      },
    });
    open.push(listener);
    const reader = (await post(new HttpClient(), url(listener))).body!.getReader();
    await reader.cancel();
    await closed.promise;
    expect(await reader.read()).toEqual({ done: true });
  });

  test('by cancelling what comes together with the end frees no connection: it is closed', async () => {
    const peers: Peer[] = [];
    const listener = server((peer) => {
      peers.push(peer);
      peer.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n');
    });
    const told: string[] = [];
    const events = { onFree: () => void told.push('free'), onClosed: () => void told.push('closed') };
    const signal = new AbortController().signal;
    const connection = await Connection.open(targetOf(url(listener)), {
      connectMs: 2_000,
      ca: undefined,
      events,
      signal,
    });
    const request = Buffer.from('POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}');
    const { body } = await connection.exchange(request, signal);
    const cancelled = Promise.withResolvers<void>();
    const flow = body.flowTo({
      onBytes: () => {
        flow.cancel();
        cancelled.resolve();
      },
      onEnd: () => told.push('end'),
      onBroken: () => told.push('broken'),
    });
    peers[0]!.write('done');
    await cancelled.promise;
    expect(told).toEqual(['closed']);
  });
});

describe('a body that flows', () => {
  const flowing = async (listener: { port: number }, pauseAt = Number.POSITIVE_INFINITY) => {
    const heard: string[] = [];
    const over = Promise.withResolvers<void>();
    const hear = (word: string): void => {
      heard.push(word);
      over.resolve();
    };
    const response = await post(new HttpClient(), url(listener));
    let size = 0;
    let flow: BodyFlow | undefined;
    flow = response.body!.flowTo!({
      onBytes: (_chunk, start, end) => {
        size += end - start;
        // The first bytes may come before the other end is here.
        if (size >= pauseAt) flow?.pause();
      },
      onEnd: () => hear('end'),
      onBroken: (reason) => hear((reason as { code: string }).code),
    });
    const goOn = (): void => {
      pauseAt = Number.POSITIVE_INFINITY;
      flow!.resume();
    };
    return { goOn, heard, over: over.promise, size: () => size };
  };

  test('brings what came before it was asked to, and the end once', async () => {
    const { over, heard, size } = await flowing(server((peer) => peer.write(ok('hello'))));
    await over;
    expect([heard, size()]).toEqual([['end'], 5]);
  });

  test('that ends while it is paused leaves its connection fit for the next', async () => {
    const asked: Peer[] = [];
    const listener = server((peer) => {
      asked.push(peer);
      peer.write(asked.length === 1 ? 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na' : ok('hello'));
    });
    const client = new HttpClient();
    const first = await post(client, url(listener));
    const ended = Promise.withResolvers<void>();
    let flow: BodyFlow | undefined;
    flow = first.body!.flowTo!({ onBytes: () => flow?.pause(), onEnd: ended.resolve, onBroken: ended.reject });
    flow.resume();
    asked[0]!.write('b');
    await ended.promise;
    expect(await text(await post(client, url(listener)))).toBe('hello');
    expect(listener.connections()).toBe(1);
  });

  test('tells that the connection broke', async () => {
    const listener = server((peer) => {
      peer.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx');
      peer.end();
    });
    const { over, heard, size } = await flowing(listener);
    await over;
    expect([heard, size()]).toEqual([['ECONNRESET'], 1]);
  });

  test('makes the server wait while it is paused, and loses nothing', async () => {
    const total = 32 * 1024 * 1024;
    let sent = 0;
    const head = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
    const part = Buffer.alloc(256 * 1024, 'x');
    const write = (peer: Peer): void => {
      while (sent < total) {
        const written = peer.write(part.subarray(0, Math.min(part.length, total - sent)));
        sent += Math.max(0, written);
        if (written < part.length) return;
      }
    };
    const listener = Bun.listen<Peer['data']>({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        data: (peer) => {
          peer.write(head);
          write(peer);
        },
        drain: write,
      },
    });
    open.push(listener);
    const { goOn, over, heard, size } = await flowing(listener, 1024 * 1024);
    let before = -1;
    // Until nothing moves any more.
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(sent).toBeLessThan(total);
    expect(size()).toBeLessThan(4 * 1024 * 1024);
    goOn();
    await over;
    expect([heard, size()]).toEqual([['end'], total]);
  });
});

test('a reader that does not read makes the server wait, and nothing is lost when it reads on', async () => {
  const total = 30_000_000;
  let sent = 0;
  const piece = Buffer.alloc(100_000, 'x');
  const push = (peer: Peer): void => {
    while (sent < total) {
      const written = peer.write(piece.subarray(0, Math.min(piece.length, total - sent)));
      if (written <= 0) return;
      sent += written;
    }
  };
  const listener = Bun.listen<Peer['data']>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (peer) => {
        peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
        push(peer);
      },
      drain: push,
    },
  });
  open.push(listener);
  const response = await post(new HttpClient(), url(listener));
  // Until the kernel's own buffers are full.
  for (let before = -1; before !== sent; await Bun.sleep(50)) before = sent;
  expect(sent).toBeLessThan(total / 2);
  expect((await text(response)).length).toBe(total);
});

test('frames of a packed stream leave when they are here', async () => {
  const frames = ['data: a\n\n', 'data: 中文\n\n'];
  const next = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { createGzip } = await import('node:zlib');
  const { constants } = await import('node:zlib');
  const listener = server((peer) => {
    peer.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n');
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    gzip.on('data', (bytes: Uint8Array) => peer.write(bytes));
    gzip.on('end', () => peer.end());
    void (async () => {
      for (const [index, frame] of frames.entries()) {
        gzip.write(frame);
        await next[index]!.promise;
      }
      gzip.end();
    })();
  });
  const reader = (await post(new HttpClient(), url(listener))).body!.getReader();
  for (const [index, frame] of frames.entries()) {
    expect(Buffer.from((await reader.read()).value!).toString()).toBe(frame);
    next[index]!.resolve();
  }
  expect((await reader.read()).done).toBe(true);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  // Without the wrapper that it should have.
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
])('a body packed by %s is read, and one that is cut or no such thing breaks', async (name, pack) => {
  const whole = '{"中":1}'.repeat(1000);
  const packed = pack(whole);
  const bodies = [packed, packed.subarray(0, 20), Buffer.from('<html>'), Buffer.alloc(0)];
  const listener = server((peer) => {
    const body = bodies.shift()!;
    peer.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${name}\r\ncontent-length: ${body.length}\r\n\r\n`);
    peer.write(body);
  });
  const read = async (): Promise<string> => text(await post(new HttpClient(), url(listener)));
  expect(await read()).toBe(whole);
  // Where a piece of it makes sense alone, what reads it finds that it is not whole.
  expect(await read().catch(() => '')).not.toBe(whole);
  await expect(read()).rejects.toThrow();
  expect(await read().catch(() => '')).toBe('');
});

describe('https', () => {
  const fixture = (name: string): string => readFileSync(join(import.meta.dir, 'fixtures', name), 'utf8');
  const ca = fixture('test-ca.pem');
  const secure = (name: string): { port: number } => {
    const server = Bun.serve({
      hostname: 'localhost',
      port: 0,
      tls: { cert: fixture(`${name}.pem`), key: fixture(`${name}.key`) },
      fetch: async (request) => new Response(`got ${await request.text()}`),
    });
    open.push(server);
    return { port: server.port! };
  };

  test('with a certificate that is good for the host', async () => {
    const { port } = secure('localhost');
    const client = new HttpClient({ ca });
    for (let i = 0; i < 2; i++) {
      expect(await text(await post(client, `https://localhost:${port}/`, { body: '{"a":1}' }))).toBe('got {"a":1}');
    }
  });

  test.each([
    ['of an authority that is not trusted', 'localhost', undefined],
    ['of another host', 'elsewhere.example', ca],
  ])('with a certificate %s nothing is sent', async (_name, name, trusted) => {
    const { port } = secure(name);
    const client = new HttpClient(trusted === undefined ? {} : { ca: trusted });
    const error = await post(client, `https://localhost:${port}/`).catch((reason) => reason);
    expect(error.code).toMatch(/CERT|VERIFY/);
  });

  test('a server is told its name, but no address', async () => {
    for (const [host, told] of [
      ['localhost', true],
      ['127.0.0.1', false],
    ] as const) {
      const hello = Promise.withResolvers<string>();
      const listener = Bun.listen({
        hostname: '127.0.0.1',
        port: 0,
        socket: {
          data: (peer, bytes) => {
            hello.resolve(bytes.toString('latin1'));
            peer.end();
          },
        },
      });
      open.push(listener);
      await expect(post(new HttpClient({ ca }), `https://${host}:${listener.port}/`)).rejects.toBeInstanceOf(Error);
      expect([host, (await hello.promise).includes(host)]).toEqual([host, told]);
    }
  });

  test('a certificate that is not for the address is not taken', async () => {
    const { port } = secure('elsewhere.example');
    const error = await post(new HttpClient({ ca }), `https://127.0.0.1:${port}/`).catch((reason) => reason);
    expect(error.code).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('that nobody waits for any more is closed within the handshake', async () => {
    const [greeted, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const listener = Bun.listen({
      hostname: '127.0.0.1',
      port: 0,
      socket: { data: () => greeted.resolve(), close: () => closed.resolve() },
    });
    open.push(listener);
    const abort = new AbortController();
    const reason = new Error('gone');
    const answer = post(new HttpClient({ ca }), `https://127.0.0.1:${listener.port}/`, { signal: abort.signal });
    await greeted.promise;
    const at = performance.now();
    abort.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await closed.promise;
    expect(performance.now() - at).toBeLessThan(100);
  });

  test('to a server that speaks none fails', async () => {
    const listener = server((peer) => peer.write(ok('plain')));
    const abort = AbortSignal.timeout(2_000);
    await expect(
      post(new HttpClient({ ca }), `https://127.0.0.1:${listener.port}/`, { signal: abort, connectMs: 500 }),
    ).rejects.toBeInstanceOf(Error);
  });
});

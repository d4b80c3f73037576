import { afterEach, describe, expect, test } from 'bun:test';
import { connect, type Socket } from 'node:net';
import { GatewayError } from '../../errors/catalogue.ts';
import { Reply, type StreamingClient } from '../../pipeline/reply.ts';
import { plainError } from '../../pipeline/respond.ts';
import { ClientConnection, type ConnectionHost, TICK_MS } from './client-connection.ts';
import type { IncomingRequest } from './incoming-request.ts';

type Answer = (request: IncomingRequest) => Reply | Response | Promise<Reply | Response>;

/** A listener of its own, whose clock the test turns. */
class Host implements ConnectionHost {
  draining = false;
  clientStallMs = 60_000;
  /** Answers that began less those that ended. */
  running = 0;
  requests: IncomingRequest[] = [];
  readonly connections = new Set<ClientConnection>();
  readonly #answer: Answer;
  readonly listener = Bun.listen<ClientConnection>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => {
        socket.data = new ClientConnection(socket, this);
        this.connections.add(socket.data);
      },
      data: (socket, bytes) => socket.data.onData(bytes),
      drain: (socket) => void socket.data.flush(),
      close: (socket) => socket.data.onClose(),
    },
  });

  constructor(answer: Answer) {
    this.#answer = answer;
    hosts.push(this);
  }

  answer(request: IncomingRequest) {
    this.running++;
    this.requests.push(request);
    return this.#answer(request);
  }

  refuse(error: unknown): Reply {
    const { message, status } = error as Error & { status?: number };
    return plainError(new GatewayError('invalid_param', message, { status: status ?? 500 }), 'chat-completions', 'id');
  }

  onAnswered(): void {
    this.running--;
  }

  onClosed(connection: ClientConnection): void {
    this.connections.delete(connection);
  }

  tick(times: number): void {
    for (let i = 0; i < times; i++) for (const connection of this.connections) connection.tick();
  }
}

/** A client that reads when it is told to. */
class Peer {
  text = '';
  closed = false;
  /** The connection ended with a RST. */
  reset = false;
  readonly socket: Socket;

  constructor(host: Host) {
    this.socket = connect({ port: host.listener.port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (bytes) => {
      this.text += bytes.toString('latin1');
    });
    this.socket.on('end', () => {
      this.closed = true;
    });
    this.socket.on('error', () => {
      this.closed = true;
      this.reset = true;
    });
    peers.push(this);
  }

  send(text: string): this {
    this.socket.write(Buffer.from(text, 'latin1'));
    return this;
  }

  async until(condition: () => boolean): Promise<string> {
    while (!condition()) await Bun.sleep(1);
    return this.text;
  }

  says(what: string): Promise<string> {
    return this.until(() => this.text.includes(what));
  }

  async ended(): Promise<string> {
    return this.until(() => this.closed);
  }
}

const hosts: Host[] = [];
const peers: Peer[] = [];
afterEach(() => {
  for (const { socket } of peers.splice(0)) socket.destroy();
  for (const { listener } of hosts.splice(0)) listener.stop(true);
});

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
const post = (path: string, body: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
const echo: Answer = async (request) =>
  new Reply(200, { 'x-path': request.url }, Buffer.from(await request.readBody(1 << 20)).toString());
const parts = (text: string): string[] =>
  text
    .split(/(?=HTTP\/1\.1 )/)
    .map((answer) => answer.split('\r\n\r\n')[1]!)
    .filter((body) => body !== '');

describe('answers', () => {
  test('carry their length, the date, and nothing about a connection that is kept', async () => {
    const peer = new Peer(new Host(() => new Reply(200, { 'x-a': 'b' }, '{"é":1}')));
    const text = await peer.send(get('/')).says('}');
    expect(text).toMatch(
      /^HTTP\/1\.1 200 OK\r\nx-a: b\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\ncontent-length: 8\r\n\r\n/,
    );
    expect(Buffer.from(text.split('\r\n\r\n')[1]!, 'latin1').toString()).toBe('{"é":1}');
  });

  test('of any size arrive whole, from a text and from a Response', async () => {
    for (const size of [0, 1, 20_000, 61_440, 61_441, 200_000, 8_000_000]) {
      for (const answer of [() => new Reply(200, {}, 'é'.repeat(size)), () => new Response('é'.repeat(size))]) {
        const peer = new Peer(new Host(answer));
        const text = await peer.send(get('/', 'connection: close\r\n')).ended();
        expect(text).toContain(`\r\ncontent-length: ${size * 2}\r\nconnection: close\r\n\r\n`);
        expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(size * 2);
      }
    }
  });

  test('to HEAD, and those that have no body, are heads alone', async () => {
    const answers: [Answer, RegExp][] = [
      [() => new Reply(200, {}, 'abc'), /content-length: 3\r\n/],
      [() => new Response('abc'), /content-length: 3\r\n/],
      [() => new Response(null, { headers: { 'content-length': '7' } }), /content-length: 7\r\n/],
      [() => new Response(null, { status: 204 }), /^((?!content-length).)*$/s],
      [() => new Reply(304, {}, 'abc'), /^((?!content-length).)*$/s],
    ];
    for (const [answer, expected] of answers) {
      const peer = new Peer(new Host(answer));
      const text = await peer.send('HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n').ended();
      expect(text).toMatch(expected);
      expect(text.endsWith('\r\n\r\n')).toBe(true);
    }
  });

  test('of the platform keep their headers, each cookie its own', async () => {
    const headers = new Headers({ 'content-length': '99', connection: 'upgrade', 'x-a': 'b' });
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    const peer = new Peer(new Host(() => new Response('abc', { headers, status: 201 })));
    const text = await peer.send(get('/')).says('abc');
    expect(text).toContain('set-cookie: a=1\r\n');
    expect(text).toContain('set-cookie: b=2\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n.*content-length: 3\r\n\r\nabc$/s);
    expect(text).not.toContain('upgrade');
  });

  test('whose header would break out of its line are faults', async () => {
    const peer = new Peer(new Host(() => new Reply(200, { 'x-a': 'b\r\nc: d' })));
    expect(await peer.send(get('/')).says('}')).toMatch(/^HTTP\/1\.1 500 /);
  });

  test('that fail are told, at once or late', async () => {
    const failing: Answer[] = [
      () => {
        throw new Error('at once');
      },
      async () => {
        throw new Error('late');
      },
    ];
    for (const answer of failing) {
      const host = new Host(answer);
      const peer = new Peer(host);
      expect(await peer.send(get('/')).says('}')).toMatch(/^HTTP\/1\.1 500 /);
      expect(host.running).toBe(0);
    }
  });
});

describe('streamed answers', () => {
  /** An answer whose other end the test holds. */
  function streaming() {
    const client = Promise.withResolvers<StreamingClient>();
    const told: string[] = [];
    const body = {
      start: (one: StreamingClient) => client.resolve(one),
      onRoom: () => void told.push('room'),
      cancel: () => void told.push('cancel'),
    };
    const host = new Host(() => new Reply(200, { 'content-type': 'text/event-stream' }, body));
    return { host, told, client: client.promise };
  }

  test('leave frame by frame, in chunks', async () => {
    const { host, client } = streaming();
    const peer = new Peer(host).send(get('/'));
    const one = await client;
    const head = await peer.says('\r\n\r\n');
    expect(head).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/event-stream\r\ndate: .*\r\ntransfer-encoding: chunked\r\n\r\n$/,
    );
    expect(one.write(Buffer.from('a'.repeat(0x1f)))).toBe(true);
    await peer.says(`1f\r\n${'a'.repeat(0x1f)}\r\n`);
    one.end(Buffer.from('bye'));
    expect((await peer.says('0\r\n\r\n')).endsWith('\r\n3\r\nbye\r\n0\r\n\r\n')).toBe(true);
    // And the connection goes on.
    expect(host.running).toBe(0);
    peer.send(get('/'));
    await peer.until(() => host.requests.length === 2);
  });

  test('of frames of any size are what was written', async () => {
    const sizes = [1, 15, 16, 255, 256, 4_095, 4_096, 65_000, 65_536, 300_000];
    const { host, client } = streaming();
    const peer = new Peer(host).send(get('/'));
    const one = await client;
    for (const size of sizes) one.write(Buffer.alloc(size, size % 251));
    one.end(new Uint8Array(0));
    await peer.until(() => peer.text.endsWith('\r\n0\r\n\r\n'));
    let rest = peer.text.slice(peer.text.indexOf('\r\n\r\n') + 4);
    for (const size of sizes) {
      const start = `${size.toString(16)}\r\n`;
      expect(rest.startsWith(start)).toBe(true);
      expect(rest.slice(start.length, start.length + size)).toBe(Buffer.alloc(size, size % 251).toString('latin1'));
      rest = rest.slice(start.length + size + 2);
    }
    expect(rest).toBe('0\r\n\r\n');
  });

  test('in HTTP/1.0 end with the connection', async () => {
    const { host, client } = streaming();
    const peer = new Peer(host).send('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n');
    const one = await client;
    one.write(Buffer.from('abc'));
    one.end(Buffer.from('def'));
    expect(await peer.ended()).toMatch(/connection: close\r\n\r\nabcdef$/);
  });

  test('wait for a client that takes nothing, and go on when it does', async () => {
    const { host, told, client } = streaming();
    const peer = new Peer(host).send(get('/'));
    await peer.says('\r\n\r\n');
    peer.socket.pause();
    const one = await client;
    const frame = new Uint8Array(100_000).fill(97);
    let written = 0;
    while (one.write(frame)) written++;
    expect(told).toEqual([]);
    peer.socket.resume();
    await peer.until(() => told.length > 0);
    expect(told).toEqual(['room']);
    one.end(new Uint8Array(0));
    await peer.until(() => peer.text.endsWith('\r\n0\r\n\r\n'));
    expect(peer.text.length).toBeGreaterThan((written + 1) * frame.length);
  });

  test('end when the client leaves, and take no more', async () => {
    for (const leave of [(peer: Peer) => peer.socket.destroy(), (peer: Peer) => peer.socket.end()]) {
      const { host, told, client } = streaming();
      const peer = new Peer(host).send(get('/'));
      const one = await client;
      leave(peer);
      await peer.until(() => told.includes('cancel'));
      expect(host.requests[0]!.abort.aborted).toBe(true);
      expect([host.running, host.connections.size]).toEqual([0, 0]);
      one.write(Buffer.from('late'));
      one.end(Buffer.from('later'));
      one.cut();
    }
  });

  test('that are cut have no end', async () => {
    const { host, client } = streaming();
    const peer = new Peer(host).send(get('/'));
    const one = await client;
    one.write(Buffer.from('abc'));
    await peer.says('abc');
    one.cut();
    expect(await peer.ended()).not.toContain('0\r\n\r\n');
    expect(host.running).toBe(0);
  });

  test('of a Response leave as they come, and are cancelled with their client', async () => {
    let cancelled = false;
    let controller: ReadableStreamDefaultController<Uint8Array>;
    const host = new Host(() => {
      const body = new ReadableStream<Uint8Array>({
        start: (one) => {
          controller = one;
        },
        cancel: () => {
          cancelled = true;
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    });
    const peer = new Peer(host).send(get('/'));
    await peer.says('chunked');
    controller!.enqueue(Buffer.from('data: 1\n\n'));
    await peer.says('9\r\ndata: 1\n\n\r\n');
    peer.socket.destroy();
    await peer.until(() => cancelled);
    const other = new Peer(host).send(get('/'));
    await other.says('chunked');
    controller!.close();
    await other.says('\r\n\r\n0\r\n\r\n');
  });
});

describe('a connection', () => {
  test('answers requests that came together, each in its turn', async () => {
    const host = new Host(async (request) => {
      await Bun.sleep(request.url === '/1' ? 20 : 0);
      return echo(request);
    });
    const peer = new Peer(host);
    peer.send(post('/1', 'one') + post('/2', 'two') + get('/3') + post('/4', 'four'));
    await peer.says('four');
    expect(parts(peer.text)).toEqual(['one', 'two', 'four']);
    expect(host.requests.map(({ url }) => url)).toEqual(['/1', '/2', '/3', '/4']);
  });

  test('answers thousands that came together without growing the stack', async () => {
    const peer = new Peer(new Host(() => new Reply(200, {}, 'x')));
    peer.send(get('/').repeat(5_000));
    await peer.until(() => peer.text.split('HTTP/1.1 200').length === 5_001);
  });

  test('of HTTP/1.0 is closed, or kept where it asks for that', async () => {
    const peer = new Peer(new Host(() => new Reply(200, {}, 'x')));
    expect(await peer.send('GET / HTTP/1.0\r\n\r\n').ended()).toContain('connection: close\r\n\r\nx');
    const kept = new Peer(new Host(() => new Reply(200, {}, 'x')));
    expect(await kept.send('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n').says('\r\n\r\nx')).toContain(
      'connection: keep-alive\r\n',
    );
    expect(kept.closed).toBe(false);
  });

  test('goes on after an answer that came before the body was whole', async () => {
    const host = new Host((request) => (request.url === '/no' ? new Reply(401, {}, 'no') : echo(request)));
    const peer = new Peer(host);
    peer.send('POST /no HTTP/1.1\r\nhost: x\r\ncontent-length: 300000\r\n\r\n');
    await peer.says('no');
    expect(host.running).toBe(1);
    peer.send(get('/').repeat(12_000).slice(0, 300_000)).send(post('/yes', 'yes'));
    await peer.says('yes');
    expect(host.requests.map(({ url }) => url)).toEqual(['/no', '/yes']);
    expect(host.running).toBe(0);
  });

  test('makes a client wait whose body nobody has asked for yet', async () => {
    const gate = Promise.withResolvers<void>();
    const host = new Host(async (request) => {
      await gate.promise;
      return new Reply(200, {}, String((await request.readBody(1 << 30)).length));
    });
    const peer = new Peer(host);
    peer.send(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 20000000\r\n\r\n`);
    peer.socket.write(Buffer.alloc(20_000_000));
    await Bun.sleep(50);
    expect(peer.socket.writableLength).toBeGreaterThan(0);
    gate.resolve();
    await peer.says('20000000');
  });

  test('refuses a body that is too long, and lets the rest of it go', async () => {
    const host = new Host(async (request) => {
      try {
        await request.readBody(10);
        return new Reply(200, {}, 'read');
      } catch (error) {
        return new Reply(413, {}, (error as Error).name);
      }
    });
    const peer = new Peer(host);
    peer.send(post('/', 'a'.repeat(11)));
    await peer.says('BodyTooLarge');
    peer.send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nb\r\n');
    await peer.until(() => host.requests.length === 2);
    peer.send('01234567890\r\n');
    await peer.until(() => peer.text.split('BodyTooLarge').length === 3);
    peer.send('3\r\nabc\r\n0\r\n\r\n').send(post('/', 'short'));
    await peer.says('read');
    expect(host.running).toBe(0);
  });

  test('tells a client that waits to go on when somebody wants the body, and not before', async () => {
    const host = new Host((request) => (request.url === '/no' ? new Reply(401, {}, 'no') : echo(request)));
    const asking = 'expect: 100-continue\r\n';
    const wanted = new Peer(host).send(`POST /yes HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n${asking}\r\n`);
    await wanted.says('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await wanted.send('abc').says('abc')).not.toContain('close');
    // It may send the body or another request now, and nobody could tell.
    const refused = new Peer(host).send(`POST /no HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n${asking}\r\n`);
    expect(await refused.ended()).toMatch(/^HTTP\/1\.1 401.*connection: close\r\n\r\nno$/s);
    const impatient = new Peer(host).send(post('/yes', 'abc', asking));
    expect(await impatient.says('abc')).toMatch(/^HTTP\/1\.1 200 ((?!close).)*$/s);
  });

  test('whose body breaks off in the middle of its chunks is told, and closed', async () => {
    const host = new Host((request) => Promise.resolve(echo(request)).catch(() => new Reply(400, {}, 'broken')));
    const peer = new Peer(host).send('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n');
    expect(await peer.ended()).toMatch(/^HTTP\/1\.1 400 .*connection: close\r\n\r\nbroken$/s);
    expect(host.running).toBe(0);
  });

  test('that is malformed is told why, and closed', async () => {
    const host = new Host(echo);
    const peer = new Peer(host).send(`${post('/', 'fine')}GET / HTTP/3.0\r\n\r\n`);
    expect(await peer.ended()).toMatch(/fine.*HTTP\/1\.1 505 .*connection: close.*only HTTP\/1\.1/s);
    expect(host.requests).toHaveLength(1);
  });

  test('whose client leaves in the middle of its body fails the body', async () => {
    const failed = Promise.withResolvers<unknown>();
    const host = new Host(async (request) => {
      await Promise.resolve(request.readBody(1 << 20)).catch(failed.resolve);
      return new Reply(200, {});
    });
    const peer = new Peer(host).send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc');
    await peer.until(() => host.requests.length === 1);
    peer.socket.destroy();
    expect(String(await failed.promise)).toContain('ClientLeft');
    expect(host.running).toBe(0);
  });

  test('whose client leaves is told at once, however much it had sent behind its request', async () => {
    for (const leave of [(peer: Peer) => peer.socket.destroy(), (peer: Peer) => peer.socket.resetAndDestroy()]) {
      for (const bytes of [1_000, 70_000, 5_000_000]) {
        const host = new Host(() => new Promise<Reply>(() => {}));
        const peer = new Peer(host).send(get('/') + post('/', 'a'.repeat(bytes)));
        await peer.until(() => host.requests.length === 1 && peer.socket.writableLength === 0);
        const at = performance.now();
        leave(peer);
        await peer.until(() => host.requests[0]!.abort.aborted);
        expect(performance.now() - at).toBeLessThan(100);
      }
    }
  });

  test('on which much is sent behind a request ends with its answer', async () => {
    const gate = Promise.withResolvers<void>();
    const host = new Host(async (request) => {
      await gate.promise;
      return echo(request);
    });
    const peer = new Peer(host).send(post('/', 'abc') + post('/', 'a'.repeat(5_000_000)));
    await peer.until(() => host.requests.length === 1 && peer.socket.writableLength === 0);
    gate.resolve();
    expect(await peer.ended()).toMatch(/connection: close\r\n\r\nabc$/);
    expect([host.requests.length, peer.reset]).toEqual([1, false]);
  });

  test('lets go of an answer whose client has left', async () => {
    const gate = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    const host = new Host(async () => {
      await gate.promise;
      return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
    });
    const peer = new Peer(host).send(get('/'));
    await peer.until(() => host.requests.length === 1);
    peer.socket.destroy();
    await peer.until(() => host.running === 0);
    gate.resolve();
    await cancelled.promise;
  });
});

describe('the clocks of a connection', () => {
  const peerOf = async (host: Host): Promise<Peer> => {
    const peer = new Peer(host);
    await peer.until(() => host.connections.size === 1);
    return peer;
  };

  test('close one that never says anything', async () => {
    const host = new Host(echo);
    const peer = await peerOf(host);
    host.tick(6);
    expect(host.connections.size).toBe(1);
    host.tick(1);
    await peer.ended();
  });

  test('tell one whose head does not end, however many bytes it sends', async () => {
    const host = new Host(echo);
    const peer = await peerOf(host);
    peer.send('GET / HTTP/1.1\r\n');
    await Bun.sleep(20);
    host.tick(6);
    peer.send('x-a: b\r\n');
    await Bun.sleep(20);
    expect(peer.text).toBe('');
    host.tick(1);
    expect(await peer.ended()).toMatch(/^HTTP\/1\.1 408 /);
    expect(host.requests).toEqual([]);
  });

  test('keep one for the next request, for longer than a proxy does before it closes by itself', async () => {
    const host = new Host(echo);
    const peer = await peerOf(host);
    await peer.send(post('/', 'abc')).says('abc');
    const longest = Math.ceil(620_000 / TICK_MS);
    host.tick(longest);
    await peer.send(post('/', 'def')).says('def');
    host.tick(longest + 2);
    await peer.ended();
    expect([peer.reset, host.connections.size]).toEqual([false, 1]);
    host.tick(3);
    expect(host.connections.size).toBe(0);
  });

  test('run on through line ends that no request follows', async () => {
    for (const lineEnds of [['\r\n'], ['\r', '\n'], ['\r\n\r', '\n']]) {
      const host = new Host(echo);
      const peer = await peerOf(host);
      const drip = async (ticks: number) => {
        for (let i = 0; i < ticks; i++) {
          host.tick(1);
          peer.send(lineEnds[i % lineEnds.length]!);
          await Bun.sleep(5);
        }
      };
      await drip(6);
      expect(peer.closed).toBe(false);
      await drip(1);
      await peer.ended();
      expect(peer.text).toBe('');
    }
    const host = new Host(echo);
    const peer = await peerOf(host);
    await peer.send(post('/', 'abc')).says('abc');
    host.tick(125);
    peer.send('\r\n');
    await Bun.sleep(20);
    host.tick(1);
    await peer.ended();
  });

  test('begin anew with a head', async () => {
    const host = new Host(echo);
    const peer = await peerOf(host);
    host.tick(6);
    peer.send('GET / HTTP/1.1\r\n');
    await Bun.sleep(20);
    host.tick(6);
    expect(await peer.send('host: x\r\n\r\n').says('content-length: 0')).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('do not run while an answer is being made', async () => {
    const gate = Promise.withResolvers<void>();
    const host = new Host(async () => {
      await gate.promise;
      return new Reply(200, {}, 'late');
    });
    const peer = await peerOf(host);
    peer.send(get('/'));
    await peer.until(() => host.requests.length === 1);
    host.tick(1_000);
    gate.resolve();
    await peer.says('late');
  });

  test('cut one whose body stands still, and not one whose body comes slowly', async () => {
    const host = new Host(echo);
    const peer = await peerOf(host);
    peer.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n');
    await peer.until(() => host.requests.length === 1);
    for (let i = 0; i < 3; i++) {
      host.tick(20);
      peer.send('a');
      await Bun.sleep(20);
    }
    expect(host.running).toBe(1);
    host.tick(25);
    expect([host.running, host.connections.size]).toEqual([0, 0]);
  });

  test('cut one that takes nothing of its answer for longer than a client may', async () => {
    const host = new Host(() => new Reply(200, {}, 'a'.repeat(30_000_000)));
    host.clientStallMs = 20_000;
    const peer = await peerOf(host);
    peer.socket.pause();
    peer.send(get('/'));
    await peer.until(() => host.requests.length === 1);
    // Until the kernel's buffers are full.
    await Bun.sleep(100);
    host.tick(3);
    // One that takes some of it, so little that the kernel does not tell of it, may go on.
    const { length } = peer.text;
    peer.socket.resume();
    await peer.until(() => peer.text.length > length);
    peer.socket.pause();
    await Bun.sleep(50);
    host.tick(3);
    expect(host.running).toBe(1);
    await Bun.sleep(100);
    host.tick(6);
    expect(host.running).toBe(0);
  });

  test('cut one that does not send what it announced', async () => {
    const host = new Host(() => new Reply(401, {}, 'no'));
    const peer = await peerOf(host);
    await peer.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n').says('no');
    host.tick(12);
    expect(host.running).toBe(1);
    host.tick(1);
    expect([host.running, host.connections.size]).toEqual([0, 0]);
  });

  test('cut one that does not close after us', async () => {
    const host = new Host(() => new Reply(200, {}, 'x'));
    const peer = await peerOf(host);
    await peer.send(get('/', 'connection: close\r\n')).ended();
    expect([host.running, host.connections.size]).toEqual([0, 1]);
    host.tick(3);
    expect(host.connections.size).toBe(0);
  });

  test('take nothing back of a last answer that is on its way', async () => {
    const length = 1_000_000;
    const host = new Host(() => new Reply(200, {}, 'a'.repeat(length)));
    const peer = await peerOf(host);
    // Takes a piece of it, and more only when nobody waits for it any more.
    peer.socket.once('data', () => peer.socket.pause());
    peer.send(get('/', 'connection: close\r\n'));
    await peer.until(() => peer.text !== '' && host.running === 0);
    host.tick(3);
    expect(host.connections.size).toBe(0);
    peer.socket.resume();
    const text = await peer.ended();
    expect(peer.reset).toBe(false);
    expect(text.split('\r\n\r\n')[1]).toHaveLength(length);
  });
});

describe('when nothing more is accepted', () => {
  test('an answer that runs is the last of its connection, and says so', async () => {
    const gate = Promise.withResolvers<void>();
    const host = new Host(async (request) => {
      await gate.promise;
      return echo(request);
    });
    const peer = new Peer(host).send(post('/', 'abc') + post('/', 'never'));
    await peer.until(() => host.requests.length === 1);
    host.draining = true;
    for (const connection of host.connections) connection.closeIfIdle();
    gate.resolve();
    expect(await peer.ended()).toMatch(/connection: close\r\n\r\nabc$/);
    expect(host.requests).toHaveLength(1);
  });

  test('an idle connection is closed', async () => {
    const host = new Host(echo);
    const peer = new Peer(host);
    await peer.send(post('/', 'abc')).says('abc');
    for (const connection of host.connections) connection.closeIfIdle();
    await peer.ended();
  });
});

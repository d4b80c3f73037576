import { afterEach, describe, expect, test } from 'bun:test';
import { Reply, type StreamingClient } from '../../pipeline/reply.ts';
import { type Answer, closeAll, get, Host, Peer } from './test-bench.ts';

afterEach(closeAll);

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

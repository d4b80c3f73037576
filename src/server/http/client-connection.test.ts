import { afterEach, describe, expect, test } from 'bun:test';
import { loopTime } from '../../../tests/support/loop-time.ts';
import { Reply } from '../../pipeline/reply.ts';
import { closeAll, echo, get, Host, Peer, parts, post } from './test-bench.ts';

afterEach(closeAll);

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
        const since = loopTime();
        leave(peer);
        await peer.until(() => host.requests[0]!.abort.aborted);
        expect(since.elapsed()).toBeLessThan(100);
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

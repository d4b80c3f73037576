import { afterEach, describe, expect, test } from 'bun:test';
import { Reply } from '../../pipeline/reply.ts';
import { closeAll, echo, get, Host, Peer, post } from './test-bench.ts';
import { TICK_MS } from './time-limits.ts';

afterEach(closeAll);

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
    await peer.send('GET / HTTP/1.1\r\n').arrived();
    host.tick(6);
    await peer.send('x-a: b\r\n').arrived();
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
      for (let i = 0; i < 6; i++) {
        host.tick(1);
        await peer.send(lineEnds[i % lineEnds.length]!).arrived();
      }
      await Bun.sleep(5);
      expect(peer.closed).toBe(false);
      host.tick(1);
      await peer.ended();
      expect(peer.text).toBe('');
    }
    const host = new Host(echo);
    const peer = await peerOf(host);
    await peer.send(post('/', 'abc')).says('abc');
    host.tick(125);
    await peer.send('\r\n').arrived();
    host.tick(1);
    await peer.ended();
  });

  test('begin anew with a head', async () => {
    const host = new Host(echo);
    const peer = await peerOf(host);
    host.tick(6);
    await peer.send('GET / HTTP/1.1\r\n').arrived();
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
      await peer.send('a').arrived();
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

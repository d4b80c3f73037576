import { afterEach, describe, expect, test } from 'bun:test';
import type { BodyFlow } from '../upstream-response.ts';
import { HttpClient } from './http-client.ts';
import { ok, open, type Peer, post, server, stopAll, text, url } from './test-bench.ts';

afterEach(stopAll);

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

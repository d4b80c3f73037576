import { afterEach, describe, expect, test } from 'bun:test';
import type { UpstreamResponse } from '../upstream-response.ts';
import { Connection } from './connection.ts';
import { HttpClient } from './http-client.ts';
import { targetOf } from './origin.ts';
import { ok, open, type Peer, post, ringing, server, stopAll, text, url } from './test-bench.ts';

afterEach(stopAll);

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
    // A label of more than 63 characters: no server of names has to be asked.
    const nowhere = `http://${'x'.repeat(64)}.invalid/`;
    await expect(post(new HttpClient(), nowhere)).rejects.toMatchObject({ code: 'ENOTFOUND' });
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

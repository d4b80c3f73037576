import { afterEach, expect, test } from 'bun:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { HttpClient } from './http-client.ts';
import { post, server, stopAll, text, url } from './test-bench.ts';

afterEach(stopAll);

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

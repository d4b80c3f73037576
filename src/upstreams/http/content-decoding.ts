import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { BodyReader, UpstreamResponse } from '../upstream-response.ts';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * Unpacks a body that came packed although it was asked for as it is; frames leave as soon as their bytes are here. A
 * packing that nobody here knows stays: the bytes then fail where they are read.
 */
export function decoded(response: UpstreamResponse): UpstreamResponse {
  const encoding = response.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding as keyof typeof DECODERS] : undefined;
  if (create === undefined || response.body === null) return response;
  const { status, ok, headers, body } = response;
  return { status, ok, headers, body: { getReader: () => unpack(body.getReader(), create()) } };
}

function unpack(packed: BodyReader, decoder: NodeJS.ReadWriteStream & { destroy(): void }): BodyReader {
  const bytes = (decoder as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const feed = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await packed.read();
      if (done) break;
      if (value !== undefined && !decoder.write(value)) await new Promise((resolve) => decoder.once('drain', resolve));
    }
    decoder.end();
  };
  // A connection that breaks is told to the reader in place of more bytes.
  let broken: unknown;
  void feed().catch((error: unknown) => {
    broken = error;
    decoder.destroy();
  });
  return {
    async read() {
      try {
        const { done, value } = await bytes.next();
        if (broken !== undefined) throw broken;
        return { done: done === true, value };
      } catch (error) {
        throw broken ?? error;
      }
    },
    async cancel() {
      await packed.cancel();
      decoder.destroy();
    },
  };
}

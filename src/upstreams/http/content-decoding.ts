import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib';
import type { BodyReader, UpstreamResponse } from '../upstream-response.ts';

const DECODERS: Readonly<Record<string, (first: Uint8Array) => Decoder>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  // Some servers leave its wrapper out, which always begins so.
  deflate: (first) => ((first[0]! & 0x0f) === 0x08 ? createInflate() : createInflateRaw()),
  br: () => createBrotliDecompress(),
  zstd: () => createZstdDecompress(),
};

/** Makes what unpacks a content encoding, by the body's first bytes; undefined for one that nobody here knows. */
export function decoderOf(encoding: string): ((first: Uint8Array) => Decoder) | undefined {
  return Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
}

/**
 * Unpacks a body that came packed although it was asked for as it is; frames leave as soon as their bytes are here. A
 * packing that nobody here knows stays: the bytes then fail where they are read.
 */
export function decoded(response: UpstreamResponse): UpstreamResponse {
  const encoding = response.headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity';
  const create = decoderOf(encoding);
  if (create === undefined || response.body === null) return response;
  const { status, ok, headers, body } = response;
  return { status, ok, headers, body: { getReader: () => unpack(body.getReader(), create) } };
}

type Decoder = NodeJS.ReadWriteStream & { destroy(): void };

function unpack(packed: BodyReader, create: (first: Uint8Array) => Decoder): BodyReader {
  let decoder: Decoder | undefined;
  let bytes: Promise<AsyncIterator<Uint8Array>> | undefined;
  // A connection that breaks is told to the reader in place of more bytes.
  let broken: unknown;
  const begin = async (): Promise<AsyncIterator<Uint8Array>> => {
    const first = await packed.read();
    decoder = create(first.value ?? NOTHING);
    void feed(packed, first, decoder).catch((error: unknown) => {
      broken = error;
      decoder!.destroy();
    });
    return (decoder as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  };
  return {
    async read() {
      bytes ??= begin();
      try {
        const { done, value } = await (await bytes).next();
        if (broken !== undefined) throw broken;
        return { done: done === true, value };
      } catch (error) {
        throw broken ?? error;
      }
    },
    async cancel() {
      await packed.cancel();
      decoder?.destroy();
    },
  };
}

const NOTHING = new Uint8Array(0);

async function feed(
  packed: BodyReader,
  first: Awaited<ReturnType<BodyReader['read']>>,
  decoder: Decoder,
): Promise<void> {
  for (let { done, value } = first; !done; { done, value } = await packed.read()) {
    if (value !== undefined && !decoder.write(value)) await new Promise((resolve) => decoder.once('drain', resolve));
  }
  decoder.end();
}

import { constants, createGzip } from 'node:zlib';
import type { Frame } from './answer.ts';
import type { Break } from './faulty-body.ts';

/** From the last frame to the reset. */
const CUT_AFTER_MS = 50;

interface Pace {
  /** 0: as fast as they are taken. */
  tokensPerSecond: number;
  /** Before each frame. */
  slowMs: number;
}

/** Frames without a pace leave in pieces of about so many characters: one write a token would only cost. */
const BATCH = 4096;

/** What a broken connection looks like to whoever reads. */
export function connectionReset(): Error {
  return Object.assign(new Error('The simulated connection was reset'), { code: 'ECONNRESET' });
}

/**
 * The frames as a body. They are made when they are due and taken: nothing is made for a client that has gone. Ends
 * when `signal` aborts, with its reason.
 */
export function frameStream(
  frames: Iterable<Frame | Break>,
  pace: Pace,
  signal: AbortSignal,
): ReadableStream<Uint8Array> {
  const source = frames[Symbol.iterator]();
  const encoder = new TextEncoder();
  const paced = pace.tokensPerSecond > 0 || pace.slowMs > 0;
  const start = performance.now();
  let due = 0;
  let onAbort = () => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => controller.error(signal.reason);
        if (signal.aborted) onAbort();
        else signal.addEventListener('abort', onAbort, { once: true });
      },
      async pull(controller) {
        let text = '';
        do {
          const { value: frame, done } = source.next();
          if (done || frame === 'stall' || frame === 'cut') {
            if (text !== '') controller.enqueue(encoder.encode(text));
            // A reset takes back what the client has not read: it gets the time to, also on a machine that is busy.
            if (frame === 'cut') await pause(CUT_AFTER_MS, signal);
            if (signal.aborted) return;
            if (frame === 'stall') return await aborted(signal);
            signal.removeEventListener('abort', onAbort);
            if (done) controller.close();
            else controller.error(connectionReset());
            return;
          }
          if (paced) {
            due += pace.slowMs + (pace.tokensPerSecond > 0 ? (frame.tokens * 1000) / pace.tokensPerSecond : 0);
            await pause(start + due - performance.now(), signal);
            if (signal.aborted) return;
          }
          text += frame.text;
        } while (!paced && text.length < BATCH);
        controller.enqueue(encoder.encode(text));
      },
      cancel() {
        signal.removeEventListener('abort', onAbort);
        source.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Every chunk that goes in comes out at once, compressed. */
export function gzipped(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      start(controller) {
        gzip.on('data', (bytes: Uint8Array) => controller.enqueue(bytes));
      },
      transform: (chunk) => new Promise((resolve) => gzip.write(chunk, () => resolve())),
      flush: () =>
        new Promise((resolve) => {
          gzip.on('end', resolve);
          gzip.end();
        }),
    }),
  );
}

/** Resolves after `ms`, or when `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

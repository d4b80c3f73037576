import { afterEach, beforeEach, expect, jest, test } from 'bun:test';
import { Aborter } from '../upstreams/aborter.ts';
import { arrivingBody } from './arriving-body.ts';
import { BodyTooLarge, type ClientRequest } from './client-request.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A request whose body comes when the test says so. */
class SlowRequest implements ClientRequest {
  readonly method = 'POST';
  readonly url = '/';
  readonly headers: Headers;
  readonly abort = new Aborter();
  readonly body = Promise.withResolvers<Uint8Array>();
  bodyReceived = 0;
  mostBytes = 0;

  constructor(headers: Record<string, string> = {}) {
    this.headers = new Headers(headers);
  }

  readBody(maxBytes: number): Promise<Uint8Array> {
    this.mostBytes = maxBytes;
    return this.body.promise;
  }

  forget(): void {}
}

/** What became of a body, so far. */
function fateOf(request: ClientRequest): { fate: string } {
  const seen = { fate: 'waiting' };
  Promise.resolve(arrivingBody(request, 32 * 1024 * 1024)).then(
    (bytes) => {
      seen.fate = `${bytes.length} bytes`;
    },
    (error: Error) => {
      seen.fate = error.message;
    },
  );
  return seen;
}

const LATE = 'The body did not arrive in time. Send it faster.';

test.each([{}, { 'content-length': '1000' }])(
  'of %j is waited for as long as it comes fast enough',
  async (headers) => {
    const request = new SlowRequest(headers);
    const seen = fateOf(request);
    // For each byte an eighth of a millisecond more than a minute.
    for (let second = 0; second < 120; second++) {
      request.bodyReceived += 8_000;
      jest.advanceTimersByTime(1_000);
    }
    await Promise.resolve();
    expect(seen.fate).toBe('waiting');
    jest.advanceTimersByTime(62_000);
    await Promise.resolve();
    expect(seen.fate).toBe(LATE);
  },
);

test('a byte now and then does not keep it', async () => {
  const request = new SlowRequest({ 'content-length': '33554432' });
  const seen = fateOf(request);
  for (let at = 0; at < 62; at++) {
    request.bodyReceived++;
    jest.advanceTimersByTime(1_000);
  }
  await Promise.resolve();
  expect(seen.fate).toBe(LATE);
  expect(jest.getTimerCount()).toBe(0);
});

test('one that comes leaves no clock behind', async () => {
  const request = new SlowRequest();
  const seen = fateOf(request);
  request.body.resolve(new Uint8Array(3));
  for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  expect([seen.fate, jest.getTimerCount()]).toEqual(['3 bytes', 0]);
});

test('one that says that it is too long is not read; one that is, is told the same', async () => {
  const told = new SlowRequest({ 'content-length': '1025' });
  expect(() => arrivingBody(told, 1024)).toThrow('The body is larger than 1 KiB.');
  expect(told.mostBytes).toBe(0);
  const untold = new SlowRequest();
  const body = arrivingBody(untold, 4 * 1024 * 1024);
  untold.body.reject(new BodyTooLarge());
  await expect(Promise.resolve(body)).rejects.toMatchObject({
    code: 'request_too_large',
    message: 'The body is larger than 4 MiB.',
  });
});

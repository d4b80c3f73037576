import { GatewayError } from '../errors/catalogue.ts';
import { BodyTooLarge, type ClientRequest } from './client-request.ts';

/** A body may take this long, and longer by what has come of it: none that comes slower than this is waited for. */
const BODY_DEADLINE_MS = 60_000;
const SLOWEST_BYTES_PER_MS = 8;
/** Looks at a slow body are so far apart at least. */
const LOOK_MS = 1_000;

/**
 * The whole body as it was sent, at once where it is here. Throws or rejects with GatewayErrors alone: `request_too_large`, and
 * `invalid_param` for one that breaks off or comes too slowly.
 */
export function arrivingBody(request: ClientRequest, maxBytes: number): Uint8Array | Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  let body: Uint8Array | Promise<Uint8Array>;
  try {
    body = request.readBody(maxBytes);
  } catch (error) {
    throw unreadable(error, maxBytes);
  }
  return body instanceof Promise ? inTime(request, body, maxBytes) : body;
}

/** For a body over `maxBytes`, which are whole KiB. */
export function tooLarge(maxBytes: number): GatewayError {
  const kib = maxBytes / 1024;
  const most = kib < 1024 ? `${kib} KiB` : `${kib / 1024} MiB`;
  return new GatewayError('request_too_large', `The body is larger than ${most}.`);
}

/** Also for a client that left: nobody reads that. */
function unreadable(error: unknown, maxBytes: number): GatewayError {
  if (error instanceof BodyTooLarge) return tooLarge(maxBytes);
  if (error instanceof GatewayError) return error;
  return new GatewayError('invalid_param', 'The body could not be read.', { cause: error });
}

function inTime(request: ClientRequest, body: Promise<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const began = performance.now();
  const look = (): void => {
    const allowed = BODY_DEADLINE_MS + request.bodyReceived / SLOWEST_BYTES_PER_MS;
    const left = allowed - (performance.now() - began);
    if (left > 0) late = setTimeout(look, Math.max(left, LOOK_MS));
    else reject(new GatewayError('invalid_param', 'The body did not arrive in time. Send it faster.', { status: 408 }));
  };
  let late = setTimeout(look, BODY_DEADLINE_MS);
  body.then(
    (bytes) => {
      clearTimeout(late);
      resolve(bytes);
    },
    (error: unknown) => {
      clearTimeout(late);
      reject(unreadable(error, maxBytes));
    },
  );
  return promise;
}

import { GatewayError, methodNotAllowed } from '../errors/catalogue.ts';
import type { Caller } from '../pipeline/call.ts';
import { countTokens } from '../pipeline/count-tokens.ts';
import type { House } from '../pipeline/house.ts';
import type { Reply } from '../pipeline/reply.ts';
import { newRequestId } from '../pipeline/request-id.ts';
import { plainError } from '../pipeline/respond.ts';
import { travel } from '../pipeline/road.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { listModels, showModel } from './model-routes.ts';

/** A request with what the listener knows of its sender. */
export interface Arrival extends Caller {
  /** Path without query. */
  readonly path: string;
  /** The same for the rooms that are no part of the road, bodies bounded. Throws `invalid_param` where it is not fit for them. */
  forRooms(maxBytes: number): PlatformArrival;
}

/** A request of the platform's, with what the listener knows of its sender. */
export interface PlatformArrival {
  request: Request;
  path: string;
  /** Address that IP rules are judged by. */
  clientIp: string;
  /** Address of the other end of the connection: the client's, or a proxy's. */
  peerIp: string;
}

/** What the road needs of an arrival. */
export type RoadArrival = Pick<Arrival, 'request' | 'path' | 'clientIp'>;

type Route = (house: House, arrival: RoadArrival) => Reply | Promise<Reply>;

const chat: Route = (house, arrival) => travel(house, 'chat-completions', arrival);
const messages: Route = (house, arrival) => travel(house, 'messages', arrival);
const count: Route = (house, arrival) => countTokens(house, arrival);

/** Paths of the inference surface by method. Two habits of base URL exist for Messages, with and without `/v1`. */
export const ROUTES: Record<string, Record<string, Route>> = {
  '/v1/chat/completions': { POST: chat },
  '/v1/messages': { POST: messages },
  '/v1/v1/messages': { POST: messages },
  '/v1/messages/count_tokens': { POST: count },
  '/v1/v1/messages/count_tokens': { POST: count },
  '/v1/models': { GET: listModels },
  '/v1/v1/models': { GET: listModels },
};

/** What to use here in place of other surfaces of the same vendors. */
const ELSEWHERE: [prefix: string, advice: string][] = [
  ['/v1/responses', 'The Responses API is not served here: use POST /v1/chat/completions or POST /v1/messages.'],
  ['/v1/completions', 'Text completions are not served here: use POST /v1/chat/completions.'],
  ['/v1/complete', 'Text completions are not served here: use POST /v1/messages.'],
  ['/v1/messages/batches', 'Batches are not served here: send the requests one by one to POST /v1/messages.'],
  ['/v1/batches', 'Batches are not served here: send the requests one by one to POST /v1/chat/completions.'],
  ['/v1/files', 'File uploads are not served here: put the file into a message of the request.'],
  ['/v1/embeddings', 'Embeddings are not served here; POST /v1/chat/completions and POST /v1/messages are.'],
  ['/v1beta/', "Gemini's own API is not served here: use POST /v1/chat/completions with a gemini model."],
  ['/chat/completions', 'The base URL lacks `/v1`: use POST /v1/chat/completions.'],
  ['/messages', 'The path lacks `/v1`: use POST /v1/messages.'],
];

/** The inference surface; undefined for paths that belong to others. */
export function inference(house: House, arrival: RoadArrival): Reply | Promise<Reply> | undefined {
  const { request, path } = arrival;
  const methods = ROUTES[path];
  if (methods !== undefined) {
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    return Object.hasOwn(methods, method)
      ? methods[method]!(house, arrival)
      : otherMethod(arrival, Object.keys(methods));
  }
  if (path.startsWith('/v1/models/') || path.startsWith('/v1/v1/models/')) {
    return request.method === 'GET' || request.method === 'HEAD'
      ? showModel(house, arrival)
      : otherMethod(arrival, ['GET']);
  }
  return undefined;
}

/** 404 in the shape of the protocol that the request looks like, saying what to use here. */
export function notFound(arrival: Asked): Reply {
  const { path } = arrival;
  const advice =
    ELSEWHERE.find(([prefix]) => path.startsWith(prefix))?.[1] ??
    'There is nothing at this path. POST /v1/chat/completions and POST /v1/messages take requests; GET /v1/models lists models.';
  return plainError(new GatewayError('not_found', advice), shapeAsked(arrival), newRequestId());
}

function otherMethod(arrival: Asked, allowed: readonly string[]): Reply {
  return plainError(methodNotAllowed(allowed), shapeAsked(arrival), newRequestId());
}

/** Runs a route whose errors are to be told in the shape of its request. Of a fault of ours the listener tells, and the log. */
export async function told(arrival: Asked, run: () => Promise<Reply | Response>): Promise<Reply | Response> {
  try {
    return await run();
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return plainError(thrown, shapeAsked(arrival), newRequestId());
  }
}

/** What of a request tells whose client sent it. */
type Asked = Pick<Arrival, 'path' | 'request'>;

/** By its path; where that is nobody's in particular, by the header that Messages clients send with everything. */
function shapeAsked({ path, request }: Asked): Protocol {
  return !/^\/api\/|\/chat\//.test(path) && request.headers.has('anthropic-version') ? 'messages' : shapeOf(path);
}

/** The protocol that a path looks like: errors are told in its shape. */
export function shapeOf(path: string): Protocol {
  return /^\/(v1\/)*(messages|complete$)/.test(path) ? 'messages' : 'chat-completions';
}

import { GatewayError } from '../../errors/catalogue.ts';
import type { ConsoleArrival, ConsoleOptions } from './console-options.ts';
import { errorAnswer } from './json-answer.ts';
import type { PlaygroundKey } from './playground-key.ts';
import type { Session } from './sessions.ts';

/** Paths below it are those of the inference routes. */
export const PLAYGROUND_PREFIX = '/console/api/run';

/** What the playground calls. */
const PATHS = new Set(['/v1/chat/completions', '/v1/messages']);

/**
 * Sends a call of the playground down the ordinary road, with the key of the session, or the playground's own for an
 * administrator: limits, guards and bill are those that a client meets. Throws `not_found`.
 */
export async function run<Arrival extends ConsoleArrival>(
  options: Pick<ConsoleOptions<Arrival>, 'inference' | 'verifyAdmin'>,
  playgroundKey: PlaygroundKey,
  session: Session,
  arrival: Arrival,
): Promise<Response> {
  const path = arrival.path.slice(PLAYGROUND_PREFIX.length);
  if (!PATHS.has(path)) throw new GatewayError('not_found', 'The playground calls the two inference routes only.');
  const send = async (key: string, body: Body): Promise<Response> => {
    const request = asClient(arrival.request, path, key, body);
    const answer = await options.inference({ ...arrival, request, path });
    if (answer === undefined) throw new GatewayError('not_found', 'This gateway has no such inference route.');
    return answer;
  };
  // Not read here: a key that is at a limit is refused before its body comes.
  if (session.kind === 'key') return send(session.secret, arrival.request.body);
  const token = options.verifyAdmin(session.secret);
  if (token === undefined) return errorAnswer(new GatewayError('invalid_api_key', 'Your admin token was revoked.'));
  const admin = { name: token.name, ip: arrival.clientIp };
  // Kept, for it may have to be sent twice.
  const body = await arrival.request.arrayBuffer();
  const answer = await send(await playgroundKey.secret(admin), body);
  if (answer.status !== 401) return answer;
  // Somebody has revoked or rotated it.
  playgroundKey.forget();
  return send(await playgroundKey.secret(admin), body);
}

type Body = ArrayBuffer | ReadableStream<Uint8Array<ArrayBuffer>> | null;

/** As if a client had sent it: its key, none of the browser's cookies. It ends when the browser leaves. */
function asClient(request: Request, path: string, key: string, body: Body): Request {
  const headers = new Headers({ 'x-api-key': key, 'content-type': 'application/json' });
  const version = request.headers.get('anthropic-version');
  if (version !== null) headers.set('anthropic-version', version);
  return new Request(new URL(path, request.url).href, { method: 'POST', headers, body, signal: request.signal });
}

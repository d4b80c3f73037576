import { GatewayError } from '../../errors/catalogue.ts';
import type { ConsoleArrival, ConsoleOptions } from './console-options.ts';
import { type PlaygroundKey, PlaygroundKeyRefused } from './playground-key.ts';
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
  options: Pick<ConsoleOptions<Arrival>, 'inference'>,
  playgroundKey: PlaygroundKey,
  session: Session,
  arrival: Arrival,
): Promise<Response> {
  const path = arrival.path.slice(PLAYGROUND_PREFIX.length);
  if (!PATHS.has(path)) throw new GatewayError('not_found', 'The playground calls the two inference routes only.');
  // Kept, for it may have to be sent twice.
  const body = await arrival.request.arrayBuffer();
  const send = async (key: string): Promise<Response> => {
    const request = asClient(arrival.request, path, key, body);
    const answer = await options.inference({ ...arrival, request, path });
    if (answer === undefined) throw new GatewayError('not_found', 'This gateway has no such inference route.');
    return answer;
  };
  if (session.kind === 'key') return send(session.secret);
  const call = { token: session.secret, ip: arrival.clientIp, host: arrival.request.headers.get('host') ?? '' };
  try {
    const answer = await send(await playgroundKey.secret(call));
    if (answer.status !== 401) return answer;
    // Somebody has revoked or rotated it.
    playgroundKey.forget();
    return await send(await playgroundKey.secret(call));
  } catch (error) {
    if (error instanceof PlaygroundKeyRefused && error.answer !== undefined) return error.answer;
    throw error;
  }
}

/** As if a client had sent it: its key, none of the browser's cookies. It ends when the browser leaves. */
function asClient(request: Request, path: string, key: string, body: ArrayBuffer): Request {
  const headers = new Headers({ 'x-api-key': key, 'content-type': 'application/json' });
  const version = request.headers.get('anthropic-version');
  if (version !== null) headers.set('anthropic-version', version);
  return new Request(new URL(path, request.url).href, { method: 'POST', headers, body, signal: request.signal });
}

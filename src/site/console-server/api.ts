import { GatewayError, methodNotAllowed } from '../../errors/catalogue.ts';
import type { Card } from '../../models/card.ts';
import type { ConsoleArrival, ConsoleOptions } from './console-options.ts';
import { sessionCookie } from './cookie.ts';
import { failureRows } from './failed-requests.ts';
import { errorAnswer, json } from './json-answer.ts';
import { latency } from './latency.ts';
import { createLogIn, LOG_IN_PATH, whyNotFrom, whyShut } from './log-in.ts';
import { MANAGEMENT_PREFIX, manage } from './management-proxy.ts';
import { modelRows } from './model-rows.ts';
import { PLAYGROUND_PREFIX, run } from './playground.ts';
import { PlaygroundKey } from './playground-key.ts';
import { requireSameOrigin } from './same-origin.ts';
import { type Session, Sessions } from './sessions.ts';

/** Paths of the console's own API. */
export const API_PREFIX = '/console/api/';

export type ConsoleApi<Arrival> = (arrival: Arrival) => Promise<Response>;

/**
 * What the console's script asks: log in and out, the management API and the inference routes under the session's rights,
 * the recent requests, the models. A GatewayError is an answer; rejects with any other, which is ours.
 *
 *     GET    /console/api/session       who is logged in; null when nobody is
 *     POST   /console/api/session       {secret} → the session, and its cookie
 *     DELETE /console/api/session       logs out
 *     *      /console/api/manage/…      the management API below /api/v1/
 *     POST   /console/api/run/v1/…      an inference route
 *     GET    /console/api/requests      {data}: the newest requests, newest first; ?request_id= for one, ?failed=1 for the
 *                                       newest that were not billed
 *     GET    /console/api/failures      {data, counted_since}: counts of failed requests by hour; ?since=; Unix ms
 *     GET    /console/api/latency       percentiles of first-token and total time; the filters of the usage list
 *     GET    /console/api/models        {data}: the catalog, for a key what it reaches of it, with state and last errors
 */
export function createConsoleApi<Arrival extends ConsoleArrival>(
  options: ConsoleOptions<Arrival>,
): ConsoleApi<Arrival> {
  const sessions = new Sessions();
  const logIn = createLogIn(options);
  const playgroundKey = new PlaygroundKey(options);
  const now = options.now ?? Date.now;
  const cookie = () => sessionCookie(options.publicUrl());

  const describe = ({ kind, name, keyId }: Pick<Session, 'kind' | 'name' | 'keyId'>) => ({
    kind,
    name,
    key_id: keyId ?? null,
    version: options.version,
    simulated: options.simulated,
    public_url: options.publicUrl(),
  });

  /** The session of an id. It ends with what its secret opens: not everything that it is shown is asked for with that. */
  const sessionOf = (id: string): Session | undefined => {
    const session = sessions.find(id, now());
    if (session === undefined || opens(session)) return session;
    sessions.close(id);
    return undefined;
  };

  const opens = ({ kind, secret }: Session): boolean => {
    if (kind === 'admin') return options.verifyAdmin(secret) !== undefined;
    const key = options.findKey(secret);
    return key !== undefined && whyShut(key, now()) === undefined;
  };

  const requireAddress = ({ kind, secret }: Session, clientIp: string): void => {
    const key = kind === 'key' ? options.findKey(secret) : undefined;
    const reason = key === undefined ? undefined : whyNotFrom(clientIp, key, options);
    if (reason !== undefined) throw new GatewayError('permission_denied', reason);
  };

  const openSession = async (arrival: Arrival): Promise<Response> => {
    const who = await logIn(arrival);
    const former = cookie().read(arrival.request.headers);
    if (former !== undefined) sessions.close(former);
    const id = sessions.open(who, now());
    return json(describe(who), 201, { 'set-cookie': cookie().write(id) });
  };

  const closeSession = (id: string | undefined): Response => {
    if (id !== undefined) sessions.close(id);
    return new Response(null, {
      status: 204,
      headers: { 'set-cookie': cookie().clear(), 'cache-control': 'no-store' },
    });
  };

  const answerInSession = async (arrival: Arrival, session: Session): Promise<Response> => {
    const { request, path } = arrival;
    if (path.startsWith(MANAGEMENT_PREFIX)) return manage(options.admin, session, arrival);
    if (path.startsWith(`${PLAYGROUND_PREFIX}/`)) {
      requireMethod(request, 'POST');
      return run(options, playgroundKey, session, arrival);
    }
    requireMethod(request, 'GET');
    const { recent } = options;
    const visible = <Row extends { apiKeyId: string | undefined }>(rows: readonly Row[]): readonly Row[] =>
      session.kind === 'admin' ? rows : rows.filter(({ apiKeyId }) => apiKeyId === session.keyId);
    if (path === `${API_PREFIX}requests`) {
      const { searchParams } = new URL(request.url);
      const wanted = searchParams.get('request_id');
      if (wanted !== null) return json({ data: visible([recent.find(wanted)].filter((found) => found !== undefined)) });
      // The billed ones are in the list of usage too, and need not be sent again.
      return json({ data: visible(searchParams.has('failed') ? recent.unbilled() : recent.list()) });
    }
    if (path === `${API_PREFIX}failures`) {
      const since = Number(new URL(request.url).searchParams.get('since') ?? 0);
      return json({ data: failureRows(visible(recent.failures()), since), counted_since: recent.countedSince });
    }
    if (path === `${API_PREFIX}latency`) return latency(options.admin, session, arrival);
    if (path === `${API_PREFIX}models`) {
      const seen = { calls: visible(recent.calls()), unbilled: visible(recent.unbilled()) };
      const cards = session.kind === 'admin' ? options.catalog.cards : reachOf(session);
      return json({ data: modelRows(cards, options, seen, now()) });
    }
    throw new GatewayError('not_found', 'The console has no such route.');
  };

  const reachOf = ({ secret }: Session): readonly Card[] => {
    const key = options.findKey(secret);
    return key === undefined ? [] : options.catalog.cards.filter(({ id }) => options.mayUse(key, id));
  };

  const answer = async (arrival: Arrival): Promise<Response> => {
    const { request, path } = arrival;
    requireSameOrigin(request, options.publicUrl());
    const id = cookie().read(request.headers);
    if (path === LOG_IN_PATH && request.method === 'POST') return openSession(arrival);
    if (path === LOG_IN_PATH && request.method === 'DELETE') return closeSession(id);
    const session = id === undefined ? undefined : sessionOf(id);
    if (path === LOG_IN_PATH) {
      if (request.method !== 'GET') throw methodNotAllowed(['GET', 'POST', 'DELETE']);
      // To ask is no error: browsers would report it as one.
      return json(session === undefined ? null : describe(session));
    }
    if (session === undefined) throw new GatewayError('invalid_api_key', 'You are not logged in.');
    requireAddress(session, arrival.clientIp);
    return answerInSession(arrival, session);
  };

  return async (arrival) => {
    try {
      return await answer(arrival);
    } catch (error) {
      if (error instanceof GatewayError) return errorAnswer(error);
      throw error;
    }
  };
}

function requireMethod(request: Request, method: string): void {
  if (request.method !== method) throw methodNotAllowed([method]);
}

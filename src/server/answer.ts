import { MANAGEMENT_BYTES } from '../admin/route.ts';
import { methodNotAllowed } from '../errors/catalogue.ts';
import { rateCard } from '../models/rate-card.ts';
import { EXPOSITION_TYPE, type Metrics } from '../observability/metrics.ts';
import type { House } from '../pipeline/house.ts';
import { MAX_BODY_BYTES } from '../pipeline/read-body.ts';
import { newRequestId } from '../pipeline/request-id.ts';
import { LOG_IN_BYTES, LOG_IN_PATH } from '../site/console-server/log-in.ts';
import { PLAYGROUND_PREFIX } from '../site/console-server/playground.ts';
import { isLoopback } from './client-address.ts';
import type { Answer } from './listener.ts';
import { inference, notFound, type PlatformArrival, told } from './routes.ts';

/** A room of its own behind the listener: undefined means that the path is not its. */
export type Room = (arrival: PlatformArrival) => Promise<Response | undefined>;

interface AnswerParts {
  house: House;
  metrics: Metrics;
  /** `/api/v1/…` and `/v1/balance`. */
  management: Room;
  /** `/docs`, `/console`, `/llms.txt`, `/openapi.json`. */
  site: Room;
  /** Throws for whoever has no admin token, or guesses. */
  requireAdmin: (headers: Headers, clientIp: string) => void;
  readiness: () => Readiness;
}

export interface Readiness {
  ready: boolean;
  /** Names and states of what readiness depends on, and warnings. */
  checks: Record<string, string>;
}

/** The whole HTTP surface, the hottest paths first. */
export function createAnswer(parts: AnswerParts): Answer {
  const { house } = parts;
  return (arrival) => {
    const { path } = arrival;
    const inferred = inference(house, arrival);
    if (inferred !== undefined) return inferred;
    return told(arrival, async () => {
      const { method } = arrival.request;
      const forRooms = arrival.forRooms(mostBytes(path));
      const plain = PLAIN[path];
      if (plain !== undefined) {
        if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed(['GET']);
        return finished(plain(parts, forRooms));
      }
      if (path === '/' && method === 'HEAD') return finished(new Response(null));
      const answer = (await parts.management(forRooms)) ?? (await parts.site(forRooms));
      return answer === undefined ? notFound(arrival) : finished(answer);
    });
  };
}

/** Most bytes of a body that is none of the road's: it may come from somebody without a key. */
function mostBytes(path: string): number {
  if (path === LOG_IN_PATH) return LOG_IN_BYTES;
  return path.startsWith(`${PLAYGROUND_PREFIX}/`) ? MAX_BODY_BYTES : MANAGEMENT_BYTES;
}

/** Routes that need no room of their own, for GET and HEAD. */
export const PLAIN: Record<string, (parts: AnswerParts, arrival: PlatformArrival) => Response> = {
  '/healthz': () => Response.json({ status: 'ok' }),
  '/readyz': ({ readiness }) => {
    const { ready, checks } = readiness();
    return Response.json({ status: ready ? 'ready' : 'not ready', checks }, { status: ready ? 200 : 503 });
  },
  '/metrics': ({ metrics, requireAdmin }, { request, clientIp, peerIp }) => {
    // A proxy on this machine speaks for somebody else.
    const fromHere = isLoopback(peerIp) && !request.headers.has('x-forwarded-for');
    if (!fromHere) requireAdmin(request.headers, clientIp);
    return new Response(metrics.expose(), { headers: { 'content-type': EXPOSITION_TYPE } });
  },
  '/api/pricing': ({ house }) => Response.json(rateCard(house.catalog.cards, Date.now())),
  // Coding agents look whether anybody is there.
  '/api/hello': () => Response.json({ status: 'ok' }),
};

/** What every answer outside inference carries. A browser takes none of them for anything but what it says it is. */
function finished(response: Response): Response {
  if (!response.headers.has('x-request-id')) response.headers.set('x-request-id', newRequestId());
  if (!response.headers.has('x-content-type-options')) response.headers.set('x-content-type-options', 'nosniff');
  return response;
}

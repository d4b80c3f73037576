import type { TObject } from '@sinclair/typebox';
import { methodNotAllowed } from '../errors/catalogue.ts';
import type { Actor } from '../keys/actor.ts';
import type { Key } from '../keys/key.ts';

/** More than any management body needs. */
export const MANAGEMENT_BYTES = 1024 * 1024;

/** What every handler gets. `params` are the parts of the path that stand for `{name}`. */
interface CallBase {
  request: Request;
  url: URL;
  params: Record<string, string>;
}
type AdminCall = CallBase & { actor: Actor };
type KeyCall = CallBase & { key: Key };

/** `body` is the shape that the handler reads, for the description of the API. */
export type Route = { method: string; path: string; body?: TObject } & (
  | {
      /** `admin`: a token, or the control socket. `socket`: the control socket alone. */
      access: 'admin' | 'socket';
      handle: (call: AdminCall) => Promise<Response> | Response;
    }
  | { access: 'key'; handle: (call: KeyCall) => Promise<Response> | Response }
);

/** The route of a method and path; undefined when the path is nobody's. Throws `method_not_allowed`. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { route: Route; params: Record<string, string> } | undefined {
  const allowed: string[] = [];
  for (const route of routes) {
    const params = matchPath(route.path, path);
    if (params === undefined) continue;
    if (route.method === method) return { route, params };
    allowed.push(route.method);
  }
  if (allowed.length === 0) return undefined;
  throw methodNotAllowed(allowed);
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (given.length !== wanted.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== value : value === '') return undefined;
    if (name !== undefined) params[name] = decoded(value);
  }
  return params;
}

/** A percent sign that encodes nothing is taken as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

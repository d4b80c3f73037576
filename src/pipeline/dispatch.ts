import { connect } from '../upstreams/connect.ts';
import { failureOfResponse } from '../upstreams/failures.ts';
import type { Upstream } from '../upstreams/upstream.ts';
import type { UpstreamResponse } from '../upstreams/upstream-response.ts';
import { hopsIn, VIA_HEADER } from './admit.ts';
import type { Call } from './call.ts';
import { readText } from './read-text.ts';

/** Path of each protocol below an upstream's base URL. */
export const UPSTREAM_PATHS = { 'chat-completions': '/chat/completions', messages: '/v1/messages' } as const;

/** Sends the body upstream. Resolves with a 2xx answer; throws GatewayError for every other. */
export async function dispatch(call: Call, body: string): Promise<UpstreamResponse> {
  const { upstream, route } = call.choice;
  const response = await connect({
    upstream,
    path: UPSTREAM_PATHS[route.protocol],
    headers: upstreamHeaders(call),
    body,
    timeouts: limits(call),
    abort: call.abort,
  });
  call.mark('upstream head');
  const { status } = response;
  return status >= 200 && status < 300 ? response : refuse(call, response);
}

async function refuse(call: Call, response: UpstreamResponse): Promise<never> {
  const { status, headers } = response;
  const text = await readText(call, response).catch(() => {
    if (call.abort.signal.aborted) throw call.abort.signal.reason;
    return '';
  });
  throw failureOfResponse(call.choice.upstream, status, headers, text);
}

/** An allow-list: nothing else of the client's goes up. */
export function upstreamHeaders(call: Call): Readonly<Record<string, string>> {
  const { upstream, route } = call.choice;
  const { request, house } = call;
  const hops = request.headers.get(VIA_HEADER);
  const fault = upstream.simulated && house.onLoopback ? request.headers.get('x-sim-fault') : null;
  const version = route.protocol === 'messages' ? request.headers.get('anthropic-version') || '2023-06-01' : '';
  const betas = allowedBetas(call);
  // One set for nearly all requests to an upstream: the client writes each set out once (see the HTTP client).
  const known = hops === null && fault === null ? knownHeaders(upstream) : undefined;
  const kind = `${call.stream} ${version} ${betas}`;
  const found = known?.get(kind);
  if (found !== undefined) return found;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: call.stream ? 'text/event-stream' : 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'bytespike',
    [VIA_HEADER]: hops === null ? house.installationId : [...hopsIn(hops), house.installationId].join(', '),
  };
  if (route.protocol === 'messages') {
    headers['anthropic-version'] = version;
    if (betas !== '') headers['anthropic-beta'] = betas;
    if (upstream.credential !== undefined) headers['x-api-key'] = upstream.credential;
  } else if (upstream.credential !== undefined) {
    headers.authorization = `Bearer ${upstream.credential}`;
  }
  if (fault !== null) headers['x-sim-fault'] = fault;
  if (known !== undefined && known.size < MAX_KNOWN) known.set(kind, headers);
  return headers;
}

/** Sets of headers that are kept for an upstream: clients choose versions and betas. */
const MAX_KNOWN = 32;
const knownOf = new WeakMap<Upstream, Map<string, Readonly<Record<string, string>>>>();

function knownHeaders(upstream: Upstream) {
  let known = knownOf.get(upstream);
  if (known === undefined) {
    known = new Map();
    knownOf.set(upstream, known);
  }
  return known;
}

/** The client's betas that the card lets through; the others are listed as dropped. */
function allowedBetas(call: Call): string {
  const asked = call.request.headers.get('anthropic-beta');
  if (asked === null) return '';
  // On another protocol there is no place for them.
  const betas = call.choice.route.protocol === 'messages' ? call.choice.route.betas : [];
  const kept: string[] = [];
  for (const name of asked.split(',').map((beta) => beta.trim())) {
    if (name === '') continue;
    if (betas.includes('*') || betas.includes(name)) kept.push(name);
    else call.notes.addClientName(name);
  }
  return kept.join(',');
}

function limits(call: Call) {
  const { timeouts } = call.house.config;
  const own = call.card.timeouts;
  if (own === undefined) return timeouts;
  return {
    ...timeouts,
    connectMs: own.connect_ms ?? timeouts.connectMs,
    firstByteMs: own.first_byte_ms ?? timeouts.firstByteMs,
  };
}

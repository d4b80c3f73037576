import { GatewayError } from '../errors/catalogue.ts';
import type { Call } from './call.ts';

/** Header that carries the ids of the gateways a request has passed. */
export const VIA_HEADER = 'x-bytespike-via';
/** What an installation calls itself. */
export const INSTALLATION_ID = /^inst_[0-9a-f]{24}$/;
/** More gateways in a row than any sane set-up has. */
const MAX_HOPS = 8;

/** The ids of gateways that a value of the header names; whatever else a client wrote there is none of theirs. */
export const hopsIn = (via: string): string[] =>
  via
    .split(',')
    .map((hop) => hop.trim())
    .filter((hop) => INSTALLATION_ID.test(hop));

/** IP rule, RPM, concurrency, loops: all that can be refused before the body is read. */
export function admit(call: Call): void {
  const via = call.request.headers.get(VIA_HEADER);
  if (via !== null) checkHops(hopsIn(via), call.house.installationId);
  const key = call.key!;
  const judged = key.ipAllow.length > 0 || key.ipDeny.length > 0;
  call.exits.add(call.house.money.admit(key, judged ? call.clientIp : ''));
}

function checkHops(hops: readonly string[], ownId: string): void {
  if (hops.length < MAX_HOPS && !hops.includes(ownId)) return;
  throw new GatewayError(
    'loop_detected',
    'This request has been here before: an upstream of this gateway leads back to it. Check the upstream base URLs.',
  );
}

import { GatewayError } from '../errors/catalogue.ts';
import type { Call } from './call.ts';

/** Header that carries the ids of the gateways a request has passed. */
export const VIA_HEADER = 'x-bytespike-via';
/** More gateways in a row than any sane set-up has. */
const MAX_HOPS = 8;

/** IP rule, RPM, concurrency, loops: all that can be refused before the body is read. */
export function admit(call: Call): void {
  const hops = call.request.headers.get(VIA_HEADER)?.split(',') ?? [];
  if (hops.length >= MAX_HOPS || hops.some((hop) => hop.trim() === call.house.installationId)) {
    throw new GatewayError(
      'loop_detected',
      'This request has been here before: an upstream of this gateway leads back to it. Check the upstream base URLs.',
    );
  }
  const key = call.key!;
  const judged = key.ipAllow.length > 0 || key.ipDeny.length > 0;
  call.exits.add(call.house.money.admit(key, judged ? call.clientIp : '', call.startMs));
}

import type { GatewayError } from '../errors/catalogue.ts';
import type { StreamLane } from '../protocols/lane.ts';
import type { Call } from './call.ts';
import { logFailed, logLeft } from './log.ts';
import { asGatewayError } from './respond.ts';
import { settle } from './settle.ts';
import { errorFrame } from './stream-frames.ts';

/** A stream that fails is not charged for. Returns its last bytes, which tell the client why. */
export function failStream(call: Call, error: GatewayError): Uint8Array {
  call.reservation?.release();
  logFailed(call, error);
  return errorFrame(call, error);
}

/**
 * The client left before the end. `owes`: a delta was handed to it, so it pays for the input and all output that has come;
 * else nothing. Waits only to charge, and throws nothing.
 */
export function leaveStream(call: Call, lane: StreamLane, owes: boolean): Promise<void> | undefined {
  if (owes) return chargeLeft(call, lane);
  call.reservation?.release();
  logLeft(call);
  return undefined;
}

async function chargeLeft(call: Call, lane: StreamLane): Promise<void> {
  try {
    await settle(call, { usage: lane.usage(), output: lane.output(), ending: 'client_left' });
  } catch (thrown) {
    logFailed(call, asGatewayError(thrown));
  }
}

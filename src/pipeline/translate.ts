import { GatewayError } from '../errors/catalogue.ts';
import type { Call } from './call.ts';

/** Different protocols on both sides: client wire → neutral → upstream wire, and back. */
export async function translate(_call: Call): Promise<Response> {
  throw new GatewayError('no_available_upstream', 'No upstream speaks this protocol for the model.');
}

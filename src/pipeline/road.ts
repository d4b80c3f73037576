import type { Protocol } from '../protocols/protocol.ts';
import { admit } from './admit.ts';
import { authenticate } from './authenticate.ts';
import { Call, type Caller } from './call.ts';
import { express } from './express.ts';
import { failed } from './failed.ts';
import { guard } from './guard.ts';
import type { House } from './house.ts';
import { readBody } from './read-body.ts';
import type { Reply } from './reply.ts';
import { reserve } from './reserve.ts';
import { resolveModel } from './resolve-model.ts';
import { translate } from './translate.ts';

/**
 * The road of a request, the same for every protocol. A step returns or throws an error of the catalogue; what it took is
 * given back by `call.exits` on every way out: here when a step throws or the answer is whole, in the relay when it streams.
 */
export async function travel(house: House, protocol: Protocol, caller: Caller): Promise<Reply> {
  const call = new Call(house, protocol, caller);
  let streaming = false;
  try {
    authenticate(call);
    admit(call);
    call.mark('admit');
    // To await what is there already costs a turn of the queue, and a cold one where there is little traffic.
    const reading = readBody(call);
    if (reading !== undefined) await reading;
    call.mark('read body');
    resolveModel(call);
    const counting = guard(call);
    if (counting !== undefined) await counting;
    call.mark('guard');
    const holding = reserve(call);
    if (holding !== undefined) await holding;
    call.mark('reserve');
    const answer = call.lane === 'express' ? await express(call) : await translate(call);
    streaming = call.stream;
    return answer;
  } catch (thrown) {
    return failed(call, thrown);
  } finally {
    if (!streaming) call.exits.run();
  }
}

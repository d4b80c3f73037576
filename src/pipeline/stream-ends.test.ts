import { expect, test } from 'bun:test';
import { GatewayError } from '../errors/catalogue.ts';
import type { StreamLane } from '../protocols/lane.ts';
import type { Call } from './call.ts';
import { failStream, leaveStream } from './stream-ends.ts';

/** A call whose line in the log is written already, and what becomes of its hold. */
function held(settle: () => Promise<unknown> = () => Promise.reject(new Error('not to be asked for'))) {
  const told: string[] = [];
  const reservation = {
    settle: (outcome: { ending: string }) => {
      told.push(outcome.ending);
      return settle();
    },
    release: () => told.push('released'),
  };
  const card = { id: 'm', routes: [] };
  const choice = { upstream: { name: 'u', simulated: false }, model: 'm' };
  const house = { counter: { countText: async () => 1 } };
  const call = { protocol: 'chat-completions', logged: true, stream: true, house, reservation, card, choice };
  return { told, call: { ...call, mark: () => {}, elapsed: () => 1 } as unknown as Call };
}

const lane = {
  usage: () => ({
    input: { uncached: 1, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
    output: { text: 1, reasoning: 0 },
    source: 'upstream',
  }),
  output: () => ({ text: 'x', reasoning: '' }),
} as unknown as StreamLane;

test('a stream that fails lets its hold go and tells why', () => {
  const { told, call } = held();
  const last = new TextDecoder().decode(failStream(call, new GatewayError('upstream_error', 'It broke.')));
  expect(told).toEqual(['released']);
  expect(last).toContain('It broke.');
});

test('a client that leaves owes nothing before it was handed a delta, and nothing is waited for', () => {
  const { told, call } = held();
  expect(leaveStream(call, lane, false)).toBeUndefined();
  expect(told).toEqual(['released']);
});

test('a client that leaves later is charged; that it could not be is for the log alone', async () => {
  const { told, call } = held(() => Promise.reject(new GatewayError('storage_unavailable', 'The disk is full.')));
  await leaveStream(call, lane, true);
  expect(told).toEqual(['client_left']);
});

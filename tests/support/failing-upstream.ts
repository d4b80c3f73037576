import { expect } from 'bun:test';
import { TEST_KEY } from './fake-money.ts';
import { testGateway } from './gateway.ts';
import { scriptedUpstream } from './scripted-upstream.ts';

export const hello = { model: 'deepseek-v4-pro', max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] };

export const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'x',
  choices: [{ index: 0, delta, finish_reason }],
});

/** An upstream's error. */
export const told = (message: string, more: object = {}) => ({
  error: { message, type: 't', param: null, code: 'c', ...more },
});

/** A scripted upstream that is to fail, and a gateway before it that soon loses patience. */
export async function failingUpstream() {
  const upstream = await scriptedUpstream();
  const timeouts = { connectMs: 2000, firstByteMs: 400, idleMs: 400, clientStallMs: 60_000 };
  const gateway = await testGateway({ upstream: upstream.url, heartbeatMs: 60, config: { timeouts } });

  function call(body: object, path = '/v1/chat/completions', url = gateway.url): Promise<Response> {
    return fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
      body: JSON.stringify(body),
    });
  }

  /** Nothing is charged, held or left open by what just failed. */
  function nothingLeft({ money, house, faults } = gateway): void {
    expect(money.charged).toEqual([]);
    expect(money.held).toBe(0);
    expect(money.admitted).toBe(0);
    expect(house.watch.size).toBe(0);
    expect(faults).toEqual([]);
  }

  async function close(): Promise<void> {
    await gateway[Symbol.asyncDispose]();
    await upstream.close();
  }

  return { upstream, gateway, call, nothingLeft, close };
}

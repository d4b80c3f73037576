import { TEST_KEY } from './fake-money.ts';
import { type TestGateway, testGateway } from './gateway.ts';
import { scriptedUpstream } from './scripted-upstream.ts';

/** Properties in an order that JavaScript would not keep. */
export const SCHEMA = '{"2":{},"1":{}}';
export const weather = {
  name: 'get_weather',
  description: 'w',
  input_schema: { type: 'object', properties: { '2': {}, '1': {} } },
};
export const user = { role: 'user', content: 'hi' };

/** One scripted upstream behind three gateways: with an account on Chat Completions, on Messages, and on both. */
export async function translatingGateways() {
  const upstream = await scriptedUpstream();
  const openai = await testGateway({ upstream: upstream.url, vendor: 'openai', protocols: ['chat-completions'] });
  const anthropic = await testGateway({ upstream: upstream.url, vendor: 'anthropic', protocols: ['messages'] });
  const deepseek = await testGateway({ upstream: upstream.url });
  const close = async (): Promise<void> => {
    await deepseek[Symbol.asyncDispose]();
    await openai[Symbol.asyncDispose]();
    await anthropic[Symbol.asyncDispose]();
    await upstream.close();
  };
  return { upstream, openai, anthropic, deepseek, close };
}

export function call(gateway: TestGateway, path: string, body: object): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
    // Key order as in a real body: JavaScript would sort keys that look like numbers.
    body: JSON.stringify(body).replaceAll('{"1":{},"2":{}}', SCHEMA),
  });
}

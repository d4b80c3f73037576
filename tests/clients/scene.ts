import { TEST_KEY } from '../support/fake-money.ts';
import { type TestGateway, type TestGatewayOptions, testGateway } from '../support/gateway.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted-upstream.ts';

export { TEST_KEY };
export const MODEL = 'deepseek-v4-pro';

/** A prompt without anything that a tool could do; the answer of the simulator names its subject. */
export const HELLO = 'Tell me about lighthouses.';
export const SUBJECT = 'lighthouses';

/** The tool of every loop: one call for each city that the prompt names. */
export const WEATHER = {
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
    additionalProperties: false,
  },
};
const CITIES = ['Paris', 'Oslo', 'Rome'];
/** One, two and three cities: as many parallel calls. */
export const CITY_LISTS = [1, 2, 3].map((count) => CITIES.slice(0, count));
export const weatherQuestion = (cities: readonly string[]): string => `What is the weather in ${cities.join(' and ')}?`;
/** A result that no prompt contains, another one for each city. */
export const weatherOf = (city: string): string => `${17 + CITIES.indexOf(city)} degrees`;

/** A gateway whose upstream does as the test says. */
export interface Scene extends AsyncDisposable {
  gateway: TestGateway;
  upstream: ScriptedUpstream;
}

export async function scene(options: Omit<TestGatewayOptions, 'upstream'> = {}): Promise<Scene> {
  const upstream = await scriptedUpstream();
  const gateway = await testGateway({ ...options, upstream: upstream.url });
  return {
    gateway,
    upstream,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

/** What a promise of any make fails with; undefined when it does not. */
export const failureOf = (promise: PromiseLike<unknown>): PromiseLike<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Reads a stream to its end. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** Resolves once the gateway holds nothing for any call: no reservation, no slot. */
export async function atRest({ money }: TestGateway): Promise<void> {
  while (money.held > 0 || money.admitted > 0) await Bun.sleep(1);
}

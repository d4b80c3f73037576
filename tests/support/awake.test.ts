import { expect, test } from 'bun:test';

test('a test that expects a rejection hears of what is done in a later turn of the event loop', async () => {
  // Somebody who might have something to say: without that the loop would not wait for anybody.
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => {} } });
  const at = performance.now();
  for (let i = 0; i < 5; i++) {
    const { promise, reject } = Promise.withResolvers<void>();
    setImmediate(() => reject(new Error('later')));
    await expect(promise).rejects.toThrow('later');
  }
  // Two to three seconds as the runtime has it, and two minutes in a process that has been quiet for long.
  expect(performance.now() - at).toBeLessThan(1_000);
  listener.stop(true);
});

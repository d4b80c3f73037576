import { Client, requestBytes } from './client.ts';
import type { MockUpstream } from './mock-upstream.ts';
import type { OpenOrder, Result } from './orders.ts';
import { Tally } from './tally.ts';

const STEP_MS = 20;
const LAST_ANSWERS_MS = 20_000;

/** Opens streams at a steady rate, lets them all run, then has the mock end each of them properly. */
export async function runOpen(order: OpenOrder, mock: MockUpstream): Promise<Result> {
  const request = requestBytes(order.target, order.body);
  const clients: Client[] = [];
  let running = 0;
  const allEnded = Promise.withResolvers<void>();
  const tally = new Tally(order.target, Number.POSITIVE_INFINITY, () => {
    if (--running === 0) allEnded.resolve();
  });
  const open = async (): Promise<void> => {
    try {
      const client = await Client.open(order.target.port, request, tally);
      clients.push(client);
      running++;
      client.send();
    } catch {
      tally.fault('connection refused');
    }
  };
  const perStep = Math.max(1, Math.round((order.openPerSecond * STEP_MS) / 1000));
  for (let opened = 0; opened < order.streams; opened += perStep) {
    for (let i = opened; i < Math.min(order.streams, opened + perStep); i++) void open();
    await Bun.sleep(STEP_MS);
  }
  await Bun.sleep(order.warmUpMs);
  if (clients.length < order.streams) tally.fault('not all streams opened');
  tally.start();
  await Bun.sleep(order.measureMs);
  tally.stop();
  mock.finishStreams();
  if (running > 0) await Promise.race([allEnded.promise, Bun.sleep(LAST_ANSWERS_MS)]);
  for (const client of clients) client.close();
  return tally.result();
}

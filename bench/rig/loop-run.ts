import { Client, requestBytes } from './client.ts';
import type { LoopOrder, Result } from './orders.ts';
import { Tally } from './tally.ts';

/** A client that must be opened again waits so long: a server that refuses is not to be stormed. */
const REOPEN_MS = 20;
/** Answers still running when the phase is over are waited for, but not for ever. */
const LAST_ANSWERS_MS = 15_000;

/** Keeps every connection busy: the next request leaves when the answer is there, after a pause if one is ordered. */
export async function runLoop(order: LoopOrder): Promise<Result> {
  const { target, scenario, connections, thinkMs } = order;
  const request = requestBytes(target, order.body);
  let over = false;
  let running = 0;
  const allEnded = Promise.withResolvers<void>();
  const clients = new Set<Client>();

  const send = (client: Client): void => {
    running++;
    client.send();
  };
  const next = (client: Client): void => {
    running--;
    if (over) {
      if (running === 0) allEnded.resolve();
    } else if (client.closed) {
      clients.delete(client);
      setTimeout(() => void open(), REOPEN_MS);
    } else if (thinkMs > 0) {
      // Spread, so that connections do not fall into step.
      setTimeout(() => !over && send(client), thinkMs * (0.5 + Math.random()));
    } else {
      send(client);
    }
  };
  const tally = new Tally(target, scenario.stream ? scenario.frames : 0, next);
  const open = async (): Promise<void> => {
    if (over) return;
    try {
      const client = await Client.open(target.port, request, tally);
      clients.add(client);
      send(client);
    } catch {
      tally.fault('connection refused');
      setTimeout(() => void open(), REOPEN_MS);
    }
  };

  for (let i = 0; i < connections; i++) void open();
  await Bun.sleep(order.warmUpMs);
  tally.start();
  await Bun.sleep(order.measureMs);
  tally.stop();
  over = true;
  if (running > 0) await Promise.race([allEnded.promise, Bun.sleep(LAST_ANSWERS_MS)]);
  for (const client of clients) client.close();
  return tally.result();
}

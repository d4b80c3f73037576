/**
 * Mock and load in one process of their own: they share a core and a clock, and both are raw sockets. Takes orders from
 * the runner over IPC, one at a time, and answers each with its result.
 */
import { runLoop } from './loop-run.ts';
import { MockUpstream } from './mock-upstream.ts';
import { runOpen } from './open-run.ts';
import type { Order, Result } from './orders.ts';

export type FromRig =
  | { type: 'ready'; port: number }
  | { type: 'result'; result: Result }
  | { type: 'failed'; message: string };

const mock = new MockUpstream();

async function run(order: Order): Promise<Result> {
  mock.answerWith(order.scenario);
  Bun.gc(true);
  return order.kind === 'loop' ? await runLoop(order) : await runOpen(order, mock);
}

process.on('message', (order: Order) => {
  run(order).then(
    (result) => tell({ type: 'result', result }),
    (error: unknown) => tell({ type: 'failed', message: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));

function tell(message: FromRig): void {
  process.send!(message);
}

tell({ type: 'ready', port: mock.port });

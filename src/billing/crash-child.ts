/**
 * The process that crash.test.ts kills: opens the money of a folder and lets many clients call at once. A line on stdout
 * is an answer that a client has in full: `<request id> <cost in nano-dollars>`.
 * Arguments: folder, round.
 */
import { writeSync } from 'node:fs';
import type { Key } from '../keys/key.ts';
import { openMoney } from './open-money.ts';
import { CARD, outcome, UNLIMITED, usage } from './test-bench.ts';

const [folder = '', round = '0'] = process.argv.slice(2);
const money = await openMoney({ dataFolder: folder, creditUsd: '50' });
const actor = { name: 'test', ip: '' };
const keys: Key[] = [];
for (const limits of [{}, { quota: 9_000_000_000n, limit5h: 8_000_000_000n }, { limit1d: 7_000_000_000n }]) {
  keys.push((await money.keys.create({ ...UNLIMITED, ...limits }, undefined, actor)).key);
}
let requests = 0;

async function client(number: number): Promise<never> {
  const key = keys[number % keys.length] as Key;
  for (;;) {
    const n = requests++;
    const requestId = `req_${round}_${n}`;
    const startMs = Date.now();
    const slot = money.admit(key, '127.0.0.1');
    try {
      const hold = await money.reserve({
        key,
        card: CARD,
        requestId,
        startMs,
        inputBound: 1_000,
        countInput: async () => 400,
        maxOutput: 4_000,
        choices: 1,
        cacheWrite: () => undefined,
      });
      // Upstreams take their time, some break, some clients leave.
      if (n % 3 === 0) await Bun.sleep(n % 7);
      if (n % 11 === 0) hold.release();
      else {
        const { cost } = await hold.settle(outcome(usage(n % 900, n % 3_000)));
        writeSync(1, `${requestId} ${cost}\n`);
      }
    } finally {
      slot.release();
    }
  }
}

writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: 48 }, (_, number) => client(number)));

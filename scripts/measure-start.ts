/**
 * Prints the milliseconds from the start of the process to the first answered request, for a start on an existing data
 * folder: `bun scripts/measure-start.ts [runs]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const runs = Number(process.argv[2] ?? 10);
const root = resolve(import.meta.dir, '..');
const folder = await mkdtemp(join(tmpdir(), 'bytespike-measure-'));
const port = freePort();
const environment = { ...process.env, BYTESPIKE_DATA: folder, BYTESPIKE_PORT: String(port), BYTESPIKE_LOG: 'error' };

await once(['sh', 'bin/bytespike', 'serve']);
for (const command of [
  ['sh', 'bin/bytespike', 'serve'],
  ['npm', 'start'],
]) {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await once(command));
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor((times.length - 1) * share)]!);
  console.log(`${command.join(' ')}: median ${at(0.5)} ms, best ${at(0)} ms, worst ${at(1)} ms (${runs} runs)`);
}
await rm(folder, { recursive: true });

async function once(command: string[]): Promise<number> {
  const begin = performance.now();
  const child = Bun.spawn(command, { cwd: root, env: environment, stdio: ['ignore', 'ignore', 'inherit'] });
  while (!(await answers())) await Bun.sleep(2);
  const took = performance.now() - begin;
  child.kill('SIGTERM');
  await child.exited;
  return took;
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/v1/models`)).status < 500;
  } catch {
    return false;
  }
}

function freePort(): number {
  const probe = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() });
  const { port: free } = probe;
  void probe.stop(true);
  return free!;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const command = resolve(import.meta.dir, '..', '..', 'bin', 'bytespike');

/** A process of the command line, started as a user starts it: through the shell script. */
export interface CommandProcess {
  readonly pid: number;
  readonly exited: Promise<number>;
  kill: (signal: NodeJS.Signals) => void;
  stdout: () => Promise<string>;
  stderr: () => Promise<string>;
  /** Resolves to the first line on stderr that fits; rejects when the process ends without one. */
  line: (pattern: RegExp) => Promise<string>;
}

const started: { kill: (signal: NodeJS.Signals) => void; readonly exited: Promise<number> }[] = [];
const folders: string[] = [];

/** A working folder that `cleanUp` removes. */
export async function workingFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-start-'));
  folders.push(folder);
  return folder;
}

/** Ends what was started here and removes its folders, once nobody makes a file in them any more. */
export async function cleanUp(): Promise<void> {
  const children = started.splice(0);
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(({ exited }) => exited));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Runs `bytespike ARGS` in a folder, with these settings alone; `first`, such as `ulimit -n 64`, before it in the same shell. */
export function bytespike(
  args: string[],
  cwd: string,
  environment: Record<string, string> = {},
  first = ':',
): CommandProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = Bun.spawn(['sh', '-c', `${first} && exec sh "$0" "$@"`, command, ...args], {
    cwd,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  return {
    pid: child.pid,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    stdout: () => out.all,
    stderr: () => err.all,
    line: (pattern) => err.line(pattern),
  };
}

/** `bytespike serve` on a free port; resolves when it listens. */
export async function serving(
  cwd: string,
  environment: Record<string, string> = {},
  first?: string,
): Promise<CommandProcess & { url: string }> {
  const child = bytespike(['serve'], cwd, { BYTESPIKE_PORT: '0', ...environment }, first);
  const { url } = JSON.parse(await child.line(/"event":"server.started"/));
  return { ...child, url };
}

function collect(stream: ReadableStream<Uint8Array>) {
  let text = '';
  let ended = false;
  let wake = () => {};
  const all = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      wake();
    }
    ended = true;
    wake();
    return text;
  })();
  const line = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = text
        .split('\n')
        .slice(0, -1)
        .find((candidate) => pattern.test(candidate));
      if (found !== undefined) return found;
      if (ended) throw new Error(`the process ended without ${pattern}: ${text.slice(-2_000)}`);
      await new Promise<void>((resume) => {
        wake = resume;
      });
    }
  };
  return { all, line };
}

import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { Place } from './contender.ts';

/** A process of a contender: pinned, quiet, with these variables alone. */
export class Child {
  readonly pid: number;
  readonly #process: Bun.Subprocess;
  readonly #log: string;

  constructor(place: Place, command: string[], environment: Record<string, string>) {
    this.#log = join(place.folder, 'output.txt');
    const output = openSync(this.#log, 'a');
    const { PATH = '', HOME = '' } = process.env;
    this.#process = Bun.spawn([...place.pin, ...command], {
      cwd: place.folder,
      env: { PATH, HOME, ...environment },
      stdio: ['ignore', output, output],
    });
    this.pid = this.#process.pid;
  }

  /** Resolves with what its output matches; rejects when it ends, or says nothing of the kind for half a minute. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const until = Date.now() + 30_000;
    for (;;) {
      const text = await Bun.file(this.#log).text();
      const found = pattern.exec(text);
      if (found !== null) return found;
      if (this.#process.exitCode !== null || Date.now() > until) {
        throw new Error(`a contender did not start: ${text.slice(-2000)}`);
      }
      await Bun.sleep(20);
    }
  }

  /** Resolves once something listens on the port. */
  async listens(port: number): Promise<void> {
    const until = Date.now() + 30_000;
    for (;;) {
      try {
        const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } });
        socket.end();
        return;
      } catch {
        if (this.#process.exitCode !== null || Date.now() > until) throw new Error('a contender does not listen');
        await Bun.sleep(20);
      }
    }
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    const ended = await Promise.race([this.#process.exited.then(() => true), Bun.sleep(5_000).then(() => false)]);
    if (!ended) this.#process.kill('SIGKILL');
    await this.#process.exited;
  }
}

/** A port that nobody uses now, for programs that cannot be told to take any. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

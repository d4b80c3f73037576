import { resolve } from 'node:path';
import type { FromRig } from './rig/main.ts';
import type { Order, Result } from './rig/orders.ts';

/** The process that holds mock and load, on a core of its own. */
export class RigProcess {
  readonly mockPort: number;
  readonly #process: Bun.Subprocess;
  readonly #inbox: Inbox;

  private constructor(child: Bun.Subprocess, inbox: Inbox, mockPort: number) {
    this.#process = child;
    this.#inbox = inbox;
    this.mockPort = mockPort;
  }

  static async start(pin: string[]): Promise<RigProcess> {
    const inbox = new Inbox();
    const child = Bun.spawn([...pin, process.execPath, resolve(import.meta.dir, 'rig', 'main.ts')], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: '65000' },
      ipc: (message: FromRig) => inbox.put(message),
      onExit: () => inbox.put({ type: 'failed', message: 'the rig ended' }),
    });
    const first = await inbox.next();
    if (first.type !== 'ready') throw new Error('the rig did not start');
    return new RigProcess(child, inbox, first.port);
  }

  /** Carries one order out. Rejects when the rig failed, not when requests did. */
  async run(order: Order): Promise<Result> {
    this.#process.send(order);
    const message = await this.#inbox.next();
    if (message.type === 'result') return message.result;
    throw new Error(message.type === 'failed' ? message.message : 'the rig answered out of turn');
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#process.exited;
  }
}

class Inbox {
  #wake: ((message: FromRig) => void) | undefined;
  readonly #waiting: FromRig[] = [];

  put(message: FromRig): void {
    if (this.#wake === undefined) this.#waiting.push(message);
    else {
      this.#wake(message);
      this.#wake = undefined;
    }
  }

  async next(): Promise<FromRig> {
    return (
      this.#waiting.shift() ??
      (await new Promise<FromRig>((resolve) => {
        this.#wake = resolve;
      }))
    );
  }
}

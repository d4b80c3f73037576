import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contender, Running } from './contenders/contender.ts';
import { RigProcess } from './rig-process.ts';

/** A contender that runs, and what it has answered so far. */
export interface Entrant {
  contender: Contender;
  running: Running;
  answered: number;
}

/** Everything that runs during a benchmark: all contenders at once, the idle ones cost nothing. */
export class Fleet {
  readonly entrants: Entrant[] = [];
  /** Contenders that did not start, with the reason. */
  readonly absent: { name: string; why: string }[] = [];
  readonly rig: RigProcess;
  readonly #folder: string;

  private constructor(rig: RigProcess, folder: string) {
    this.rig = rig;
    this.#folder = folder;
  }

  static async start(contenders: readonly Contender[]): Promise<Fleet> {
    const fleet = new Fleet(await RigProcess.start(pinTo('rig')), mkdtempSync(join(tmpdir(), 'bytespike-bench-')));
    for (const contender of contenders) await fleet.#enter(contender);
    return fleet;
  }

  async #enter(contender: Contender): Promise<void> {
    const folder = join(this.#folder, contender.name.replaceAll(' ', '-'));
    mkdirSync(folder, { mode: 0o700 });
    try {
      const running = await contender.start({ mockPort: this.rig.mockPort, folder, pin: pinTo('gateway') });
      this.entrants.push({ contender, running, answered: 0 });
    } catch (error) {
      this.absent.push({ name: contender.name, why: error instanceof Error ? error.message : String(error) });
    }
  }

  async stop(): Promise<void> {
    for (const { running } of this.entrants) await running.stop();
    await this.rig.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** True when gateway and rig have a core each. */
export const pinned = Bun.which('taskset') !== null && navigator.hardwareConcurrency >= 2;

/** Words before a command that keep it on its core. Without taskset or a second core: none. */
function pinTo(who: 'gateway' | 'rig'): string[] {
  return pinned ? ['taskset', '-c', who === 'gateway' ? '0' : '1'] : [];
}

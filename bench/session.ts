import type { Contender } from './contenders/contender.ts';
import { clientProtocol } from './contenders/contender.ts';
import { type Figures, figuresOf, type Line } from './figures.ts';
import { type Entrant, Fleet } from './fleet.ts';
import type { Order } from './rig/orders.ts';
import { processStats } from './rig/process-stats.ts';
import type { Run, Workload } from './workloads.ts';

/**
 * Before the first figure everybody runs so long on each kind of work that is to come. A gateway runs for weeks; what its
 * runtime spends on compiling in the first seconds is not what it costs. Of ours at 50 connections the first 4 s of a kind
 * cost half again as much as the next, with a fifth of the core in the compiler.
 */
const WARM_UP_MS = 5000;
const WARM_UP_CONNECTIONS = 50;
/** The short form is shorter in everything. */
const QUICK = 0.4;
/** Before each measured phase, so that connections are open and the last workload's heap is gone. */
const PHASE_WARM_UP_MS = 300;
const OPEN_WARM_UP_MS = 1500;
const OPEN_PER_SECOND = 1200;

interface SessionOptions {
  workloads: readonly Workload[];
  contenders: readonly Contender[];
  quick: boolean;
  /** Takes a line on how far it is. */
  say: (text: string) => void;
}

/** Rounds of all workloads, each with processes of its own that start anew. */
export class Session {
  readonly lines: Line[] = [];
  /** Resident memory of a fresh process before its first request, in MB, by contender. */
  readonly idleMb: Record<string, number[]> = {};
  /** Books that were not right, contenders that failed at what they should do. */
  readonly faults: string[] = [];
  /** Contenders that did not start, and roads that did not work. */
  readonly absent = new Map<string, string>();
  readonly contenders: readonly Contender[];
  readonly #workloads: readonly Workload[];
  readonly #say: (text: string) => void;

  readonly #scale: number;

  constructor(options: SessionOptions) {
    const { workloads, contenders, say } = options;
    this.#scale = options.quick ? QUICK : 1;
    this.contenders = contenders;
    this.#workloads = workloads;
    this.#say = say;
    for (const workload of workloads) {
      for (const run of workload.runs) {
        if (contenders.some(({ name }) => name === run.contender)) {
          this.lines.push({ workload, run, rounds: [], errors: {} });
        }
      }
    }
  }

  async round(round: number, of: number): Promise<void> {
    const fleet = await Fleet.start(this.contenders.filter(({ name }) => this.#takesPart(name)));
    try {
      for (const { name, why } of fleet.absent) this.absent.set(name, why);
      await this.#readIdle(fleet);
      await this.#warmUp(fleet);
      for (const workload of this.#workloads) {
        this.#say(`round ${round}/${of}: ${workload.title}`);
        const lines = this.lines.filter((line) => line.workload === workload);
        // Who comes first in one round comes last in the next.
        if (round % 2 === 0) lines.reverse();
        for (const line of lines) await this.#measure(fleet, line);
      }
      for (const { running, answered, contender } of fleet.entrants) {
        const faults = (await running.audit?.(answered)) ?? [];
        for (const fault of faults) this.#fault(`${contender.name}: ${fault}`);
        if (running.audit !== undefined && faults.length === 0) {
          this.#say(
            `round ${round}/${of}: ${contender.name}: ${answered} answers, as many usage rows; books are right`,
          );
        }
      }
    } finally {
      await fleet.stop();
    }
  }

  #takesPart(name: string): boolean {
    return this.lines.some(({ run }) => run.contender === name);
  }

  async #readIdle(fleet: Fleet): Promise<void> {
    await Bun.sleep(1000);
    for (const { contender, running } of fleet.entrants) {
      const pid = running.entrance('chat')?.target.pid ?? running.entrance('messages-to-chat')?.target.pid;
      if (pid === undefined) continue;
      this.idleMb[contender.name] ??= [];
      this.idleMb[contender.name]!.push(processStats(pid).rssKb / 1024);
    }
  }

  async #warmUp(fleet: Fleet): Promise<void> {
    const done = new Set<string>();
    this.#say('warming up');
    for (const { workload, run } of this.lines) {
      if (workload.load.kind === 'open') continue;
      const { stream, content, answerBytes } = workload.scenario;
      const kind = `${run.contender} ${run.road} ${stream} ${content} ${answerBytes}`;
      if (done.has(kind)) continue;
      done.add(kind);
      const gentle = {
        ...workload,
        load: { kind: 'loop', connections: WARM_UP_CONNECTIONS, thinkMs: 0, measureMs: WARM_UP_MS },
      } as const;
      await this.#run(fleet, gentle, run);
    }
  }

  async #measure(fleet: Fleet, line: Line): Promise<void> {
    const outcome = await this.#run(fleet, line.workload, line.run);
    if (outcome === undefined) return;
    line.rounds.push(outcome.figures);
    for (const [kind, count] of Object.entries(outcome.errors)) line.errors[kind] = (line.errors[kind] ?? 0) + count;
    if (line.run.contender === 'ByteSpike' && Object.keys(outcome.errors).length > 0) {
      this.#fault(`ByteSpike: ${line.workload.title}: ${JSON.stringify(outcome.errors)}`);
    }
  }

  async #run(
    fleet: Fleet,
    workload: Workload,
    run: Run,
  ): Promise<{ figures: Figures; errors: Record<string, number> } | undefined> {
    const entrant = fleet.entrants.find(({ contender }) => contender.name === run.contender);
    const order = entrant && orderFor(workload, entrant, run, this.#scale);
    if (entrant === undefined || order === undefined) return undefined;
    const { pid } = order.target;
    const before = pid === undefined ? undefined : processStats(pid).rssKb;
    const result = await fleet.rig.run(order);
    entrant.answered += result.answered;
    return { figures: figuresOf(workload, result, before), errors: result.errors };
  }

  #fault(text: string): void {
    this.faults.push(text);
    this.#say(`FAULT: ${text}`);
  }
}

function orderFor(workload: Workload, { running }: Entrant, run: Run, scale: number): Order | undefined {
  const entrance = running.entrance(run.road, workload.wide);
  if (entrance === undefined) return undefined;
  const { load, scenario } = workload;
  const { target, model } = entrance;
  const body = workload.body(clientProtocol(run.road), model);
  if (load.kind === 'loop') {
    const { connections, thinkMs, measureMs } = load;
    return {
      kind: 'loop',
      target,
      scenario,
      body,
      connections,
      thinkMs,
      warmUpMs: PHASE_WARM_UP_MS,
      measureMs: measureMs * scale,
    };
  }
  const { streams, measureMs } = load;
  return {
    kind: 'open',
    target,
    scenario,
    body,
    streams,
    openPerSecond: OPEN_PER_SECOND,
    warmUpMs: OPEN_WARM_UP_MS,
    measureMs: measureMs * scale,
  };
}

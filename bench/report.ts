import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type FigureName, figureSpread, type Line, type Spread, spread } from './figures.ts';
import type { Machine } from './machine.ts';
import type { Session } from './session.ts';
import { standing, type Target, targets } from './targets.ts';
import type { Workload } from './workloads.ts';

interface Setting extends Machine {
  /** True: gateway on one core, mock and load on another. */
  pinned: boolean;
  rounds: number;
  quick: boolean;
}

interface Report {
  setting: Setting;
  contenders: { name: string; version: string; does: string; idleMb: Spread | undefined }[];
  absent: { name: string; why: string }[];
  faults: string[];
  targets: (Target & { standing: string })[];
  lines: Line[];
}

export function report(session: Session, setting: Setting): Report {
  const idle = (name: string): Spread | undefined => spread(session.idleMb[name] ?? []);
  return {
    setting,
    contenders: session.contenders.map(({ name, version, does }) => ({ name, version, does, idleMb: idle(name) })),
    absent: [...session.absent].map(([name, why]) => ({ name, why })),
    faults: session.faults,
    targets: targets(session.lines, idle('ByteSpike')).map((target) => ({ ...target, standing: standing(target) })),
    lines: session.lines,
  };
}

/** Writes the report as JSON and as Markdown; returns the path without ending. */
export function save(told: Report): string {
  const folder = resolve(import.meta.dir, 'results');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, told.setting.date.slice(0, 16).replace(':', ''));
  writeFileSync(`${path}.json`, `${JSON.stringify(plain(told), null, 1)}\n`);
  writeFileSync(`${path}.md`, markdown(told));
  return path;
}

/** Without the functions that make bodies. */
function plain(told: Report): object {
  return {
    ...told,
    lines: told.lines.map(({ workload, run, rounds, errors }) => ({
      workload: workload.id,
      title: workload.title,
      ...run,
      errors,
      rounds: rounds.map((round) =>
        Object.fromEntries(Object.entries(round).map(([name, value]) => [name, value && Number(value.toPrecision(4))])),
      ),
    })),
  };
}

export function markdown({ setting, contenders, absent, faults, targets, lines }: Report): string {
  const out: string[] = [`# Benchmark of ${setting.date.slice(0, 10)}`, ''];
  out.push(
    `${setting.processor}, ${setting.cores} cores, ${Math.round(setting.memoryMb / 1024)} GB, ${setting.system}; load before: ` +
      `${setting.loadBefore}. ${setting.pinned ? 'Gateway on one core, mock and load on another.' : 'NOT PINNED: no figure here is comparable.'} ` +
      `ByteSpike ${setting.bytespike} (${setting.commit}), Bun ${setting.bun}, Node ${setting.node}. ` +
      `${setting.rounds} round${setting.rounds > 1 ? 's' : ''}${setting.quick ? ', short form' : ''}; each figure is the median, with the least and the most.`,
    '',
  );
  for (const fault of faults) out.push(`**Fault:** ${fault}`, '');
  out.push('## To reach', '', '| measure | figure | reach | then | stands at |', '|---|---|---|---|---|');
  for (const target of targets) {
    const sign = target.more ? '≥' : '≤';
    const limit = (value: number): string => `${sign} ${value}${target.unit === '' ? '' : ` ${target.unit}`}`;
    out.push(
      `| ${target.measure} | ${told(target.figure)} | ${limit(target.reach)} | ${limit(target.then)} | ${target.standing} |`,
    );
  }
  out.push('', '## Contenders', '', '| name | version | what it does for a request | idle, MB |', '|---|---|---|---|');
  for (const { name, version, does, idleMb } of contenders) {
    out.push(`| ${name} | ${version} | ${does} | ${told(idleMb)} |`);
  }
  for (const { name, why } of absent) out.push('', `${name} did not start: ${why.slice(0, 300)}`);
  const workloads = new Set(lines.map(({ workload }) => workload));
  for (const workload of workloads)
    out.push(
      '',
      ...table(
        workload,
        lines.filter((line) => line.workload === workload),
      ),
    );
  return `${out.join('\n')}\n`;
}

const COLUMNS: [name: FigureName, title: string][] = [
  ['requestsPerSecond', 'requests/s'],
  ['cpuPerRequestUs', 'CPU per request, µs'],
  ['cpuPerFrameUs', 'CPU per frame, µs'],
  ['latencyP50', 'p50, ms'],
  ['latencyP99', 'p99, ms'],
  ['firstFrameP50', 'first frame p50, ms'],
  ['firstFrameP99', 'first frame p99, ms'],
  ['latenessP50', 'late p50, ms'],
  ['latenessP99', 'late p99, ms'],
  ['coreShare', 'of its core'],
  ['rigShare', 'mock and load, of theirs'],
  ['memoryMb', 'memory, MB'],
  ['perStreamKb', 'KB per stream'],
];

function table(workload: Workload, lines: Line[]): string[] {
  const columns = COLUMNS.filter(([name]) => lines.some((line) => figureSpread(line, name) !== undefined));
  return [
    `## ${workload.title}`,
    '',
    `| | ${columns.map(([, title]) => title).join(' | ')} | errors |`,
    `|---|${columns.map(() => '---').join('|')}|---|`,
    ...lines.map((line) => {
      const cells = columns.map(([name]) => told(figureSpread(line, name)));
      const errors = Object.entries(line.errors).map(([kind, count]) => `${count} × ${kind}`);
      const none = line.rounds.length === 0 ? 'no such road' : '0';
      return `| ${line.run.contender}, ${line.run.road} | ${cells.join(' | ')} | ${errors.join(', ') || none} |`;
    }),
  ];
}

function told(figure: Spread | undefined): string {
  if (figure === undefined) return '–';
  const { median, least, most } = figure;
  return least === most ? short(median) : `${short(median)} (${short(least)}–${short(most)})`;
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return String(Math.round(value));
  return value.toFixed(size >= 10 ? 1 : 2);
}

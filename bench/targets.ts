import { type FigureName, type Figures, type Line, type Spread, spread } from './figures.ts';
import { OPEN_EXPRESS, OPEN_TRANSLATED } from './workloads.ts';

/** One row of the table of what is to be reached. */
export interface Target {
  measure: string;
  unit: string;
  figure: Spread | undefined;
  reach: number;
  then: number;
  /** More is better. */
  more: boolean;
}

/** Lateness above which a stream stutters, in ms. */
const LATE_MS = 50;

/** The table, from pairs within one round: what disturbs a machine disturbs both. */
export function targets(lines: Line[], idleMb: Spread | undefined): Target[] {
  const find = (id: string, contender: string, road: string): Line | undefined =>
    lines.find(({ workload, run }) => workload.id === id && run.contender === contender && run.road === road);
  const ours = (id: string, road = 'chat'): Line | undefined => find(id, 'ByteSpike', road);
  const bare = (id: string): Line | undefined => find(id, 'bare forwarder', 'chat');
  const row = (
    measure: string,
    unit: string,
    figure: Spread | undefined,
    reach: number,
    then: number,
    more = false,
  ) => ({
    measure,
    unit,
    figure,
    reach,
    then,
    more,
  });
  const ratio = (one: Line | undefined, other: Line | undefined, name: FigureName): Spread | undefined =>
    paired(one, other, name, (a, b) => a / b);
  const added = (id: string, road: string, name: FigureName): Spread | undefined =>
    paired(ours(id, road), find(id, 'direct', 'chat'), name, (a, b) => a - b);
  const portkey = ratio(ours('json-50'), find('json-50', 'Portkey', 'chat'), 'requestsPerSecond');
  const router = ratio(
    ours('json-50', 'messages-to-chat'),
    find('json-50', 'claude-code-router', 'messages-to-chat'),
    'requestsPerSecond',
  );
  return [
    ...[50, 500].map((connections) => {
      const id = `json-${connections}`;
      const figure = ratio(ours(id), bare(id), 'requestsPerSecond');
      return row(`JSON calls/s, ${connections} connections, against the bare forwarder`, '×', figure, 0.7, 0.85, true);
    }),
    row('JSON calls/s, 50 connections, against Portkey', '×', portkey, 8, 10, true),
    row('JSON calls/s, 50 connections, translated, against claude-code-router', '×', router, 8, 10, true),
    ...[1, 50].flatMap((connections) =>
      (['firstFrameP50', 'firstFrameP99'] as const).map((name) => {
        const p99 = name === 'firstFrameP99';
        const text = `added to the first frame, ${connections} connection${connections > 1 ? 's' : ''}, ${p99 ? 'p99' : 'p50'}`;
        return row(text, 'ms', added(`first-frame-${connections}`, 'chat', name), p99 ? 3 : 0.5, p99 ? 2 : 0.3);
      }),
    ),
    row(
      'CPU per frame, express, against the bare forwarder',
      '×',
      ratio(ours('stream-5'), bare('stream-5'), 'cpuPerFrameUs'),
      1.3,
      1.1,
    ),
    row(
      'CPU per frame, translated, against the bare forwarder',
      '×',
      ratio(ours('stream-mixed-5', 'messages-to-chat'), bare('stream-mixed-5'), 'cpuPerFrameUs'),
      2,
      1.5,
    ),
    row(
      `open streams, p99 less than ${LATE_MS} ms late, express`,
      '',
      mostOpen(lines, 'express', OPEN_EXPRESS),
      2000,
      3500,
      true,
    ),
    row(
      `open streams, p99 less than ${LATE_MS} ms late, translated`,
      '',
      mostOpen(lines, 'translated', OPEN_TRANSLATED),
      1000,
      2000,
      true,
    ),
    row(
      'memory per open stream, from the 1,000th to the 2,000th',
      'KB',
      paired(ours('open-express-2000'), ours('open-express-1000'), 'memoryMb', (more, less) => (more - less) * 1.024),
      25,
      15,
    ),
    row('memory when idle', 'MB', idleMb, 90, 60),
    row('CPU per MB of history, against a copy with hash', '×', growth(lines), 2, 2),
  ];
}

/** Where a figure stands: `then`, `reach`, `below`, or nothing when it was not measured. */
export function standing({ figure, reach, then, more }: Target): string {
  if (figure === undefined) return '–';
  const { median } = figure;
  const good = (limit: number): boolean => (more ? median >= limit : median <= limit);
  if (good(then)) return 'then';
  return good(reach) ? 'reach' : 'below';
}

function paired(
  one: Line | undefined,
  other: Line | undefined,
  name: FigureName,
  combine: (a: number, b: number) => number,
): Spread | undefined {
  if (one === undefined || other === undefined) return undefined;
  return spread(
    one.rounds.map((round, i) => {
      const [a, b] = [round[name], other.rounds[i]?.[name]];
      return a === undefined || b === undefined ? undefined : combine(a, b);
    }),
  );
}

/** The most streams of those tried that ran on time, without an error. */
function mostOpen(lines: Line[], lane: string, counts: number[]): Spread | undefined {
  const onTime = (round: Figures | undefined): boolean => (round?.latenessP99 ?? LATE_MS) < LATE_MS;
  const tried = counts.flatMap((count) => {
    const line = lines.find(
      ({ workload, run }) => workload.id === `open-${lane}-${count}` && run.contender === 'ByteSpike',
    );
    return line === undefined || Object.keys(line.errors).length > 0 ? [] : [{ count, line }];
  });
  if (tried.length === 0) return undefined;
  const rounds = Math.max(...tried.map(({ line }) => line.rounds.length));
  return spread(
    Array.from({ length: rounds }, (_, round) =>
      Math.max(0, ...tried.filter(({ line }) => onTime(line.rounds[round])).map(({ count }) => count)),
    ),
  );
}

/** What a megabyte of history costs beyond a small prompt: ours over a forwarder's that copies and hashes it. */
function growth(lines: Line[]): Spread | undefined {
  const slope = (contender: string): (number | undefined)[] => {
    const of = (bytes: number): Line | undefined =>
      lines.find(({ workload, run }) => workload.id === `growth-${bytes}` && run.contender === contender);
    const [small, large] = [of(1_000), of(1_000_000)];
    return (large?.rounds ?? []).map((round, i) => {
      const base = small?.rounds[i]?.cpuPerRequestUs;
      return round.cpuPerRequestUs === undefined || base === undefined ? undefined : round.cpuPerRequestUs - base;
    });
  };
  const hashing = slope('bare, copy and hash');
  return spread(
    slope('ByteSpike').map((ours, i) => (ours === undefined ? undefined : ours / (hashing[i] ?? Number.NaN))),
  );
}

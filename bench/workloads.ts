import type { Road } from './contenders/contender.ts';
import { agentRequest, historyRequest, plainRequest } from './payloads.ts';
import type { WireProtocol } from './rig/frames.ts';
import type { Scenario } from './rig/orders.ts';

/** What is asked, of whom, and how hard. */
export interface Workload {
  id: string;
  title: string;
  /** Who takes part, on which road. The first is what the others are read against. */
  runs: Run[];
  scenario: Scenario;
  body: (protocol: WireProtocol, model: string) => string;
  load: Load;
  /** To a model whose window takes any prompt. */
  wide?: boolean;
  /** Part of the short form. */
  quick?: boolean;
}

export interface Run {
  contender: string;
  road: Road;
}

type Load =
  | { kind: 'loop'; connections: number; thinkMs: number; measureMs: number }
  | { kind: 'open'; streams: number; measureMs: number };

const DIRECT: Run = { contender: 'direct', road: 'chat' };
const BARE: Run = { contender: 'bare forwarder', road: 'chat' };
const HASHING: Run = { contender: 'bare, copy and hash', road: 'chat' };
const EXPRESS: Run = { contender: 'ByteSpike', road: 'chat' };
const EXPRESS_MESSAGES: Run = { contender: 'ByteSpike', road: 'messages' };
const TRANSLATED: Run = { contender: 'ByteSpike', road: 'messages-to-chat' };
const TRANSLATED_BACK: Run = { contender: 'ByteSpike', road: 'chat-to-messages' };
const PORTKEY: Run = { contender: 'Portkey', road: 'chat' };
const PORTKEY_TRANSLATED: Run = { contender: 'Portkey', road: 'chat-to-messages' };
const ROUTER: Run = { contender: 'claude-code-router', road: 'messages-to-chat' };

const whole = (answerBytes: number): Scenario => ({ stream: false, answerBytes, frames: 0, gapMs: 0, content: 'text' });
const stream = (frames: number, gapMs: number, content: Scenario['content']): Scenario => ({
  stream: true,
  answerBytes: 0,
  frames,
  gapMs,
  content,
});
const loop = (connections: number, measureMs: number, thinkMs = 0): Load => ({
  kind: 'loop',
  connections,
  thinkMs,
  measureMs,
});

type Body = Workload['body'];
const small =
  (streamed: boolean): Body =>
  (protocol, model) =>
    plainRequest(protocol, model, 1000, streamed);
const agent =
  (streamed: boolean): Body =>
  (protocol, model) =>
    agentRequest(protocol, model, 100_000, streamed);
const history =
  (bytes: number): Body =>
  (protocol, model) =>
    historyRequest(protocol, model, bytes);

/** Sizes of the prompts whose cost is compared, in bytes. */
const GROWTH_BYTES = [1_000, 16_000, 128_000, 1_000_000, 4_000_000];
/** Open streams at once, 20 frames a second each. */
export const OPEN_EXPRESS = [1000, 2000, 3500, 4000];
export const OPEN_TRANSLATED = [1000, 2000];

export const WORKLOADS: Workload[] = [
  ...openStreams('express', [BARE, EXPRESS], OPEN_EXPRESS),
  ...openStreams('translated', [TRANSLATED], OPEN_TRANSLATED),
  {
    id: 'json-1',
    title: 'JSON, 1 KB in, 1 KB out, 1 connection',
    runs: [DIRECT, BARE, EXPRESS, TRANSLATED, PORTKEY, ROUTER],
    scenario: whole(1000),
    body: small(false),
    load: loop(1, 1000),
  },
  {
    id: 'json-50',
    title: 'JSON, 1 KB in, 1 KB out, 50 connections',
    runs: [DIRECT, BARE, EXPRESS, EXPRESS_MESSAGES, TRANSLATED, TRANSLATED_BACK, PORTKEY, PORTKEY_TRANSLATED, ROUTER],
    scenario: whole(1000),
    body: small(false),
    load: loop(50, 1500),
    quick: true,
  },
  {
    id: 'json-500',
    title: 'JSON, 1 KB in, 1 KB out, 500 connections',
    runs: [DIRECT, BARE, EXPRESS, PORTKEY],
    scenario: whole(1000),
    body: small(false),
    load: loop(500, 1500),
  },
  {
    id: 'agent-8',
    title: 'Agent turn: 100 KB in, 40 tools, 2 KB out, 8 connections',
    runs: [BARE, EXPRESS, EXPRESS_MESSAGES, TRANSLATED, PORTKEY, ROUTER],
    scenario: whole(2000),
    body: agent(false),
    load: loop(8, 1500),
    quick: true,
  },
  ...[1, 50].map(
    (connections): Workload => ({
      id: `first-frame-${connections}`,
      title: `First frame of a stream, ${connections} connection${connections > 1 ? 's' : ''} with pauses`,
      runs: [DIRECT, BARE, EXPRESS, TRANSLATED, PORTKEY, ROUTER],
      scenario: stream(4, 2, 'text'),
      body: small(true),
      load: loop(connections, 2500, connections === 1 ? 8 : 100),
    }),
  ),
  ...[0, 5, 50].map(
    (gapMs): Workload => ({
      id: `stream-${gapMs}`,
      title: `Streams of 200 frames, ${gapMs} ms apart, 50 connections, express`,
      runs: gapMs === 50 ? [BARE, EXPRESS] : [DIRECT, BARE, EXPRESS, EXPRESS_MESSAGES, PORTKEY],
      scenario: stream(200, gapMs, 'text'),
      body: small(true),
      load: loop(50, gapMs === 50 ? 10_500 : 3000),
      quick: gapMs === 5,
    }),
  ),
  ...[0, 5, 50].map(
    (gapMs): Workload => ({
      id: `stream-mixed-${gapMs}`,
      title: `Streams of 200 frames with thinking and two tools, ${gapMs} ms apart, 50 connections, translated`,
      runs: gapMs === 50 ? [BARE, TRANSLATED] : [BARE, TRANSLATED, TRANSLATED_BACK, ROUTER],
      scenario: stream(200, gapMs, 'mixed'),
      body: small(true),
      load: loop(50, gapMs === 50 ? 10_500 : 2000),
      quick: gapMs === 5,
    }),
  ),
  ...GROWTH_BYTES.map(
    (bytes): Workload => ({
      id: `growth-${bytes}`,
      title: `Prompt of ${bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1000} KB`}, 4 connections`,
      runs: [BARE, HASHING, EXPRESS],
      scenario: whole(1000),
      body: history(bytes),
      load: loop(4, 1000),
      wide: true,
      quick: bytes === 1_000 || bytes === 1_000_000,
    }),
  ),
];

function openStreams(lane: string, runs: Run[], counts: number[]): Workload[] {
  return counts.map((streams) => ({
    id: `open-${lane}-${streams}`,
    title: `${streams} open streams at 20 frames/s, ${lane}`,
    runs: streams === 4000 ? [DIRECT, ...runs] : runs,
    scenario: stream(Number.POSITIVE_INFINITY, 50, 'text'),
    body: small(true),
    load: { kind: 'open', streams, measureMs: 4000 },
    quick: lane === 'express' && streams === 1000,
  }));
}

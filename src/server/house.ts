import type { Money } from '../billing/money.ts';
import type { Config } from '../config/config.ts';
import { ConfigError, quote } from '../config/config-error.ts';
import { nearest } from '../config/nearest.ts';
import type { Card, Route } from '../models/card.ts';
import { type Catalog, loadCatalog } from '../models/catalog.ts';
import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import { CallsUnderway } from '../pipeline/calls-underway.ts';
import type { House } from '../pipeline/house.ts';
import { roadMetrics } from '../pipeline/metrics.ts';
import { RecentRequests } from '../pipeline/recent.ts';
import { StreamWatch } from '../pipeline/stream-watch.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { ReasoningMemory } from '../protocols/reasoning-memory.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { createTokenCounter } from '../tokens/index.ts';
import { platformSignal } from '../upstreams/aborter.ts';
import { httpTransport } from '../upstreams/http/transport.ts';
import { createRegistry, type SimulatorUpstreams } from '../upstreams/registry.ts';
import type { Transport, Upstream } from '../upstreams/upstream.ts';
import { isLoopback } from './client-address.ts';
import { loadOnce } from './load-once.ts';

const HEARTBEAT_MS = 15_000;

interface HouseParts {
  config: Config;
  money: Money;
  memory: ReasoningMemory;
  log: Logger;
  metrics: Metrics;
  installationId: string;
  publicUrl: string;
  /** 15 s, but in tests. */
  heartbeatMs?: number;
}

/** Puts together what the road needs. Throws CatalogError when a card is broken. */
export function buildHouse(parts: HouseParts): House {
  const { config } = parts;
  const catalog = loadCatalog(config);
  checkNamedModels(config, catalog);
  const onLoopback = isLoopback(config.host);
  const simulated =
    config.simulator === 'on' || (config.simulator === 'auto' && config.upstreams.length === 0 && onLoopback);
  const transport = httpTransport(process.env);
  const upstreams: Upstream[] = config.upstreams.map((upstream) => ({
    ...upstream,
    simulated: false,
    transport,
  }));
  const registry = createRegistry(upstreams, simulated ? simulatorUpstreams(catalog.cards, onLoopback) : undefined);
  const { connectMs, firstByteMs, idleMs, clientStallMs } = config.timeouts;
  const heartbeatMs = parts.heartbeatMs ?? HEARTBEAT_MS;
  return {
    config,
    catalog,
    served: catalog.cards.filter((card) => registry.serves(card)),
    money: parts.money,
    registry,
    counter: createTokenCounter(),
    memory: parts.memory,
    watch: new StreamWatch([connectMs, firstByteMs, idleMs, clientStallMs, heartbeatMs]),
    underway: new CallsUnderway(),
    heartbeatMs,
    recent: new RecentRequests(),
    metrics: roadMetrics(parts.metrics),
    log: parts.log,
    installationId: parts.installationId,
    publicUrl: parts.publicUrl,
    onLoopback,
  };
}

/** An upstream's `models` are ids of cards; another name there would never be asked for. Throws ConfigError. */
function checkNamedModels(config: Config, catalog: Catalog): void {
  for (const { name, entry = `upstreams.${name}`, models } of config.upstreams) {
    for (const model of Array.isArray(models) ? models : Object.keys(models ?? {})) {
      if (catalog.byId.has(model)) continue;
      const ids = [...catalog.byId.keys()];
      const meant = nearest(model, ids);
      const hint = meant === undefined ? '' : `, did you mean ${meant}?`;
      throw new ConfigError(`${entry}.models`, `${quote(model)} is no model${hint}`, ids.join(', '));
    }
  }
}

/** The built-in simulator, loaded when it is first asked, on both surfaces of the vendor that it stands in for. */
function simulatorUpstreams(cards: readonly Card[], faults: boolean): SimulatorUpstreams {
  const simulator = loadOnce<Simulator>(async () => {
    const { createSimulator } = await import('../simulator/index.ts');
    return createSimulator({ tokensPerSecond: SIMULATED_SPEED, faults });
  });
  const transport: Transport = async (url, { headers, body, signal }) => {
    return (await simulator()).transport(url, { method: 'POST', headers, body, signal: platformSignal(signal) });
  };
  const surface = (protocol: Protocol, baseUrl: string): { upstream: Upstream; route: Route } => {
    const route = cards
      .flatMap((card) => card.routes)
      .find((candidate) => candidate.vendor === SIMULATED_VENDOR && candidate.protocol === protocol);
    if (route === undefined) throw new Error(`no card has a route to ${SIMULATED_VENDOR} on ${protocol}`);
    return {
      route,
      upstream: {
        name: 'simulator',
        account: 'simulator',
        vendor: SIMULATED_VENDOR,
        protocol,
        baseUrl,
        credential: undefined,
        credentialOrigin: 'built in',
        models: undefined,
        weight: 1,
        simulated: true,
        transport,
      },
    };
  };
  return {
    'chat-completions': surface('chat-completions', 'http://simulator'),
    messages: surface('messages', 'http://simulator/anthropic'),
  };
}

/** Whose surfaces the simulator speaks. */
const SIMULATED_VENDOR = 'deepseek';
/** Tokens a second: fast, and still visibly a stream. */
const SIMULATED_SPEED = 1000;

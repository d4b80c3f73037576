import type { Money } from '../billing/money.ts';
import type { Config } from '../config/config.ts';
import type { Card } from '../models/card.ts';
import type { Catalog } from '../models/catalog.ts';
import type { Logger } from '../observability/log.ts';
import type { ReasoningMemory } from '../protocols/reasoning-memory.ts';
import type { TokenCounter } from '../tokens/index.ts';
import type { UpstreamRegistry } from '../upstreams/registry.ts';
import type { CallsUnderway } from './calls-underway.ts';
import type { RoadMetrics } from './metrics.ts';
import type { RecentRequests } from './recent.ts';
import type { StreamWatch } from './stream-watch.ts';

/** Everything that the road's steps use and that outlives a request. */
export interface House {
  config: Config;
  catalog: Catalog;
  /** Cards that some upstream serves. */
  served: readonly Card[];
  money: Money;
  registry: UpstreamRegistry;
  counter: TokenCounter;
  memory: ReasoningMemory;
  watch: StreamWatch;
  underway: CallsUnderway;
  /** Silence towards a streaming client is broken after this long. */
  heartbeatMs: number;
  recent: RecentRequests;
  metrics: RoadMetrics;
  log: Logger;
  /** Where clients reach this installation, without trailing slash. */
  publicUrl: string;
  /** Sent to upstreams, so that a request that comes back is recognised. */
  installationId: string;
  /** True when the listener is on loopback: the embedded simulator then obeys faults. */
  onLoopback: boolean;
}

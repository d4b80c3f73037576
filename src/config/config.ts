import type { Protocol } from '../protocols/protocol.ts';

/** Everything that the start reads from the environment, `.env` and `bytespike.yaml`, checked and complete. */
export interface Config {
  host: string;
  port: number;
  /** Undefined: derived from the listener. */
  publicUrl: string | undefined;
  /** CIDR ranges whose `x-forwarded-for` is believed. */
  trustedProxies: string[];
  corsOrigins: string[];
  /** Absolute. */
  dataFolder: string;
  adminToken: string | undefined;
  bootstrapKey: string | undefined;
  /** Decimal USD, or 'unlimited'. */
  bootstrapCreditUsd: string;
  simulator: 'auto' | 'on' | 'off';
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  timeouts: Timeouts;
  drainTimeoutMs: number;
  upstreams: UpstreamConfig[];
  /** Extra folder of cards that adds to and overrides ours; absolute. */
  catalogFolder: string | undefined;
  /** Price overrides from bytespike.yaml by model id: decimal strings in USD per 1M tokens. */
  priceOverrides: Record<
    string,
    { input?: string; output?: string; cache_read?: string; cache_write_5m?: string; cache_write_1h?: string }
  >;
  /** What messages call the file that has the prices and upstreams: `bytespike.yaml`, or the name that BYTESPIKE_CONFIG gives. */
  configFile: string;
  /**
   * Where each setting came from, by variable name, for the start's report:
   * `environment`, `.env`, `bytespike.yaml`, `default`. Never values.
   */
  origins: Record<string, string>;
  /** What does not stop the start and yet looks like a mistake; logged once. Never holds a value. */
  warnings: string[];
}

export interface Timeouts {
  connectMs: number;
  firstByteMs: number;
  idleMs: number;
  clientStallMs: number;
}

/** One account of one vendor on one protocol surface. DeepSeek's one credential makes two of these that share `account`. */
export interface UpstreamConfig {
  /** Shown in `x-bytespike-upstream`: `deepseek`, `openai`, or the operator's own name. */
  name: string;
  /** One credential, one quota pool. */
  account: string;
  vendor: string;
  protocol: Protocol;
  /** Without trailing slash; the protocol's path is appended (`/chat/completions`, `/v1/messages`). */
  baseUrl: string;
  /** The secret; undefined for servers that need none. */
  credential: string | undefined;
  /** Where the credential came from, `env:DEEPSEEK_API_KEY`. Printed at start. */
  credentialOrigin: string;
  /**
   * Catalog ids that it serves; undefined: every card with a route to this vendor and protocol.
   * As a map: catalog id → model name at this upstream (an operator's own server for a card without a route).
   */
  models: string[] | Record<string, string> | undefined;
  weight: number;
  /** What messages call its entry in the file, `bytespike.yaml: upstreams[0]`; undefined: the environment makes it. */
  entry?: string;
}

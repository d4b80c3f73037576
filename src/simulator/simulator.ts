import type { Transport } from '../upstreams/upstream.ts';

export interface SimulatorOptions {
  /** Model names that it answers to; undefined: any. */
  models?: string[];
  /** Tokens a second while streaming; 0: as fast as possible. */
  tokensPerSecond: number;
  /** Obey `x-sim-fault`. */
  faults: boolean;
}

/** A DeepSeek stand-in on both of its surfaces: `/chat/completions` and `/anthropic/v1/messages`. */
export interface Simulator {
  handle: (request: Request) => Promise<Response>;
  /** For the gateway's embedded use: the same handler as a transport. */
  transport: Transport;
}

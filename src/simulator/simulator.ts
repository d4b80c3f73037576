export interface SimulatorOptions {
  /** Model names that it answers to; undefined: any, and the answer names the one asked for. */
  models?: string[];
  /** Tokens a second while streaming; 0: as fast as possible. */
  tokensPerSecond: number;
  /** Obey `x-sim-fault`. */
  faults: boolean;
  /** Tokens that prompt and output may take together. Default 1,048,576. */
  contextWindow?: number;
}

/**
 * A DeepSeek stand-in on both of its surfaces: `/chat/completions` and `/anthropic/v1/messages`, also `/models` and
 * `/user/balance`. It refuses what DeepSeek refuses, in its words.
 */
export interface Simulator {
  /** Answers one request. Rejects with `code: 'ECONNRESET'` where a fault asks for a broken connection. */
  handle: (request: Request) => Promise<Response>;
  /**
   * For the gateway's embedded use: the same handler as a transport, which like `fetch` gives bodies decoded and
   * rejects with the signal's reason when aborted.
   */
  transport: (request: Request | string, init?: RequestInit) => Promise<Response>;
}

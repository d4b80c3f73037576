import type { UpstreamConfig } from '../config/config.ts';

/** Sends one request; rejects with an error that carries `code` when the connection fails. `fetch`, or the simulator. */
export type Transport = (request: Request | string, init?: RequestInit) => Promise<Response>;

export interface Upstream extends UpstreamConfig {
  simulated: boolean;
  transport: Transport;
}

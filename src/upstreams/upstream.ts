import type { UpstreamConfig } from '../config/config.ts';
import type { HttpRequest } from './http/http-client.ts';
import type { UpstreamResponse } from './upstream-response.ts';

/** Sends one POST; rejects with an error that carries `code` when the connection fails. HTTP, or the simulator. */
export type Transport = (url: string, request: HttpRequest) => Promise<UpstreamResponse>;

export interface Upstream extends UpstreamConfig {
  simulated: boolean;
  transport: Transport;
}

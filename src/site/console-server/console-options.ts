import type { Key } from '../../keys/key.ts';
import type { Card } from '../../models/card.ts';
import type { Catalog } from '../../models/catalog.ts';
import type { RecentRequestSource } from '../../observability/recent-requests.ts';

/** A request as the listener hands it over. */
export interface ConsoleArrival {
  request: Request;
  /** Path without query. */
  path: string;
  /** Address that IP rules are judged by. */
  clientIp: string;
}

/** What the console needs from the rest of the gateway. */
export interface ConsoleOptions<Arrival extends ConsoleArrival = ConsoleArrival> {
  catalog: Catalog;
  /** Cards that some upstream serves. */
  served: readonly Card[];
  /** Names of the upstreams that may answer for a card, in the order in which they are tried. */
  upstreamsOf: (card: Card) => string[];
  /** Where this installation is reached, without trailing slash; known once it listens. */
  publicUrl: () => string;
  version: string;
  /** True while the built-in simulator answers for every card. */
  simulated: boolean;
  /** The management API. Undefined: not one of its routes. */
  admin: (request: Request, peer: { ip: string }) => Promise<Response | undefined>;
  /** The admin token that a secret opens; undefined: none. */
  verifyAdmin: (secret: string) => { name: string } | undefined;
  /** A new secret of the key that administrators' playground calls are made and billed with. Throws GatewayError. */
  issuePlaygroundSecret: (admin: { name: string; ip: string }) => Promise<string>;
  findKey: (secret: string) => Key | undefined;
  /** True when the key's IP rules let the address in. */
  allowsAddress: (key: Key, ip: string) => boolean;
  /** True when the key's group and own list reach the model. */
  mayUse: (key: Key, modelId: string) => boolean;
  /** The inference routes. Undefined: not one of them. */
  inference: (arrival: Arrival) => Promise<Response | undefined>;
  recent: RecentRequestSource;
  /** Unix ms; the clock by default. */
  now?: () => number;
}

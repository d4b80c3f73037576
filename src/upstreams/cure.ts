import type { Card, Route } from '../models/card.ts';
import { asArray, isObject, type JsonObject } from '../protocols/json.ts';
import type { Edit } from '../protocols/json-text.ts';
import type { RememberedTurn } from '../protocols/reasoning-memory.ts';
import type { Notes } from '../protocols/wire.ts';

/** A request on the express lane while it is made fit for its upstream: read `body`, write `edits`. */
export interface RequestView {
  readonly body: JsonObject;
  /** The messages of the body that are objects, with their places in it. */
  readonly messages: readonly [index: number, message: JsonObject][];
  /** The client's body as text, for values that must stay as they were written. */
  readonly text: string;
  readonly card: Card;
  readonly route: Route;
  readonly edits: Edit[];
  readonly notes: Notes;
  /** Output limit of the call. */
  readonly maxOutput: number;
  /** What is remembered of earlier turns, by index of the message, where a cure may ask for it (see recall.ts). */
  readonly remembered: readonly (RememberedTurn | undefined)[];
  /** True when a reasoning signature was certainly made by another vendor than this upstream's. */
  readonly isForeignSignature: (signature: string) => boolean;
}

/**
 * The cure for one thing that an upstream refuses. It looks for the thing, and where the body has it, plans the smallest
 * edit that makes the request pass. Throws GatewayError where only the client can help.
 */
export type Cure = (view: RequestView) => void;

/** Cures by the name that cards use in `routes[].refuses`. */
export type CureTable = Record<string, Cure>;

/** What a vendor's own file knows about it. */
export interface Vendor {
  cures: CureTable;
  /** True when a reasoning signature is certainly this vendor's make. Nobody's signature is judged valid by its shape. */
  madeSignature?: (signature: string) => boolean;
  /** Its Messages surface has `/v1/messages/count_tokens`. */
  countsTokens?: boolean;
  /** True when the text of an error tells of our route or account rather than of the client's request. */
  isOurFault?: (message: string) => boolean;
}

/** What `RequestView.messages` is. */
export function messagesOf(body: JsonObject): [index: number, message: JsonObject][] {
  const found: [number, JsonObject][] = [];
  const messages = asArray(body.messages);
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index];
    if (isObject(message)) found.push([index, message]);
  }
  return found;
}

import type { Card, Route } from '../models/card.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Upstream } from './upstream.ts';

/** Where a request goes. One for all requests that go there. */
export interface Choice {
  readonly upstream: Upstream;
  readonly route: Route;
  /** Model name at the upstream. */
  readonly model: string;
}

export interface UpstreamRegistry {
  /** The way to `card` for a client of `protocol`: its own protocol first. Undefined: nobody serves the model. */
  choose(card: Card, protocol: Protocol): Choice | undefined;
  /** The way to `card` on exactly this protocol. */
  chooseExactly(card: Card, protocol: Protocol): Choice | undefined;
  serves(card: Card): boolean;
  readonly upstreams: readonly Upstream[];
  /** True while the built-in simulator answers for every card. */
  readonly simulated: boolean;
}

/** `simulator` is given when it is to answer: then it serves every card, on the client's protocol. */
export function createRegistry(upstreams: readonly Upstream[], simulator?: SimulatorUpstreams): UpstreamRegistry {
  const find = (card: Card, protocol: Protocol): Choice | undefined => {
    if (simulator !== undefined) {
      const { upstream, route } = simulator[protocol];
      return { upstream, route, model: card.id };
    }
    for (const upstream of upstreams) {
      if (upstream.protocol !== protocol) continue;
      const choice = serve(upstream, card);
      if (choice !== undefined) return choice;
    }
    return undefined;
  };
  // Upstreams stay as they are, and cards live as long as the catalog.
  const known: Record<Protocol, WeakMap<Card, Choice | 'none'>> = {
    'chat-completions': new WeakMap(),
    messages: new WeakMap(),
  };
  const chooseExactly = (card: Card, protocol: Protocol): Choice | undefined => {
    let choice = known[protocol].get(card);
    if (choice === undefined) {
      choice = find(card, protocol) ?? 'none';
      known[protocol].set(card, choice);
    }
    return choice === 'none' ? undefined : choice;
  };
  const choose = (card: Card, protocol: Protocol): Choice | undefined =>
    chooseExactly(card, protocol) ?? chooseExactly(card, protocol === 'messages' ? 'chat-completions' : 'messages');
  return {
    choose,
    chooseExactly,
    serves: (card) => choose(card, 'messages') !== undefined,
    upstreams: simulator === undefined ? upstreams : Object.values(simulator).map(({ upstream }) => upstream),
    simulated: simulator !== undefined,
  };
}

/** The simulator's two surfaces and the routes that describe their quirks. */
export type SimulatorUpstreams = Record<Protocol, { upstream: Upstream; route: Route }>;

/** The card's route to upstreams of this vendor on this protocol. */
export const routeTo = ({ vendor, protocol }: Pick<Upstream, 'vendor' | 'protocol'>, card: Card): Route | undefined =>
  card.routes.find((route) => route.vendor === vendor && route.protocol === protocol);

function serve(upstream: Upstream, card: Card): Choice | undefined {
  const known = routeTo(upstream, card);
  const { models } = upstream;
  if (models === undefined) return known && { upstream, route: known, model: known.model };
  const named = Array.isArray(models)
    ? models.includes(card.id)
      ? (known?.model ?? card.id)
      : undefined
    : models[card.id];
  if (named === undefined) return undefined;
  return { upstream, route: known ?? plainRoute(upstream, named), model: named };
}

/** A server that the operator named for a card without a route to it: nothing is known of its quirks. */
function plainRoute(upstream: Upstream, model: string): Route {
  return {
    vendor: upstream.vendor,
    protocol: upstream.protocol,
    model,
    refuses: [],
    allows: [],
    betas: [],
    repairs: [],
  };
}

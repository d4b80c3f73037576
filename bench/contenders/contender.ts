import type { Target } from '../rig/orders.ts';

/** How a client speaks, and what the upstream speaks: the roads through a gateway that are compared. */
export type Road = 'chat' | 'messages' | 'messages-to-chat' | 'chat-to-messages';

/** Where to send a request of a road, and under which model name. */
interface Entrance {
  target: Target;
  model: string;
}

/** Something that stands between load and mock while it runs. */
export interface Running {
  /** Undefined: it has no such road. `wide`: to a model whose window takes any prompt. */
  entrance(road: Road, wide?: boolean): Entrance | undefined;
  /** Proves what it claims about its work; texts that say what is wrong. */
  audit?: (answered: number) => Promise<string[]>;
  /** Resolves when its process has ended. */
  stop(): Promise<void>;
}

export interface Contender {
  name: string;
  version: string;
  /** One line on what it does for a request. */
  does: string;
  start(place: Place): Promise<Running>;
}

/** What a contender is given. */
export interface Place {
  /** Port of the mock, on 127.0.0.1. */
  mockPort: number;
  /** A folder of its own that is removed afterwards. */
  folder: string;
  /** Words before a command that pin it to the gateway's core. */
  pin: string[];
}

/** The protocol that a client speaks on a road. */
export const clientProtocol = (road: Road): 'chat-completions' | 'messages' =>
  road.startsWith('messages') ? 'messages' : 'chat-completions';

export const CLIENT_PATHS = { 'chat-completions': '/v1/chat/completions', messages: '/v1/messages' } as const;

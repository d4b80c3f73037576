import type { OpenedMoney } from '../billing/index.ts';
import type { Config } from '../config/config.ts';
import type { House } from '../pipeline/house.ts';
import type { Room } from './answer.ts';
import type { Lifecycle } from './lifecycle.ts';

export interface RoomParts {
  config: Config;
  house: House;
  money: OpenedMoney;
  life: Lifecycle;
  publicUrl: () => string;
}

/** What stands behind the listener besides inference. Each is loaded when it is first asked, so that the start is quick. */
export interface Rooms {
  management: Room;
  site: Room;
  /** The command line's way in, with admin rights. */
  control: (request: Request) => Promise<Response | undefined>;
  isAdmin: (request: Request) => boolean;
}

export function createRooms(_parts: RoomParts): Rooms {
  return {
    management: async () => undefined,
    site: async () => undefined,
    control: async () => undefined,
    isAdmin: () => false,
  };
}

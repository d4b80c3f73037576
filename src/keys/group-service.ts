import { GatewayError } from '../errors/catalogue.ts';
import type { Store } from '../storage/store.ts';
import { type Actor, auditEntry } from './actor.ts';
import { DEFAULT_ACCOUNT, type Group } from './key.ts';
import type { KeyDirectory } from './key-directory.ts';
import type { Serial } from './serial.ts';

/** What of a group an administrator decides. `models` undefined: every model. */
export type GroupSettings = Pick<Group, 'name' | 'models' | 'multiplier' | 'exclusive'>;

/** Makes and changes groups: durable first, then in force, with an audit row for each act. */
export class GroupService {
  readonly #deps: { store: Store; directory: KeyDirectory; serial: Serial; now: () => number };

  constructor(deps: { store: Store; directory: KeyDirectory; serial: Serial; now: () => number }) {
    this.#deps = deps;
  }

  list(): Group[] {
    return this.#deps.directory.groups().sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  }

  /** Throws `not_found`. */
  get(id: string): Group {
    const group = this.#deps.directory.group(id);
    if (group === undefined)
      throw new GatewayError('not_found', `There is no group with the id ${JSON.stringify(id)}.`);
    return group;
  }

  /** Throws `conflict` when the id is taken. An exclusive group is open to the account that makes it. */
  create(id: string, settings: GroupSettings, actor: Actor): Promise<Group> {
    return this.#deps.serial.run(async () => {
      if (this.#deps.directory.group(id) !== undefined) {
        throw new GatewayError('conflict', `There is a group with the id ${id} already.`, { param: 'id' });
      }
      const now = this.#deps.now();
      const group: Group = {
        ...settings,
        id,
        accountId: DEFAULT_ACCOUNT,
        allowedAccounts: [DEFAULT_ACCOUNT],
        createdAt: now,
        updatedAt: now,
      };
      await this.#put(undefined, group, actor, 'group.create');
      return group;
    });
  }

  /** Throws `not_found`. Running calls keep the multiplier they were reserved with. */
  update(id: string, changes: Partial<GroupSettings>, actor: Actor): Promise<Group> {
    return this.#deps.serial.run(async () => {
      const before = this.get(id);
      const group: Group = { ...before, ...changes, updatedAt: this.#deps.now() };
      await this.#put(before, group, actor, 'group.update');
      return group;
    });
  }

  async #put(before: Group | undefined, group: Group, actor: Actor, action: string): Promise<void> {
    const { store, directory, now } = this.#deps;
    await store.write({
      kind: 'group',
      group,
      audit: auditEntry(actor, action, group.id, now(), { before, after: group }),
    });
    directory.putGroup(group);
  }
}

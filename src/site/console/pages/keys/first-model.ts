import type { Group, KeyRow, ModelRow } from '../../api/rows.ts';

const FLAGSHIP = 'deepseek-v4-pro';

/** A model for the first request with a key: one that it reaches, by its group and its own list, and that is served. */
export function firstModel(
  { models: own, group_id: groupId }: Pick<KeyRow, 'models' | 'group_id'>,
  models: readonly Pick<ModelRow, 'id' | 'state'>[],
  groups: readonly Pick<Group, 'id' | 'models'>[],
): string {
  const ofGroup = groups.find(({ id }) => id === groupId)?.models ?? [];
  const lists = [own, ofGroup].filter((list) => list.length > 0);
  const reached = models.filter(({ id }) => lists.every((list) => list.includes(id)));
  const ids = reached.filter(({ state }) => state !== 'not served').map(({ id }) => id);
  return ids.includes(FLAGSHIP) ? FLAGSHIP : (ids[0] ?? reached[0]?.id ?? own[0] ?? FLAGSHIP);
}

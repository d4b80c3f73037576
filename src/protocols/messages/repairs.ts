import type { JsonObject } from '../json.ts';
import type { Edit } from '../json-text.ts';

/** Removes null counts: clients that add them up get NaN, and absent means the same. */
export function withoutNulls(usage: JsonObject, path: (string | number)[]): Edit[] {
  return Object.keys(usage)
    .filter((key) => usage[key] === null)
    .map((key) => ({ path: [...path, key], remove: true as const }));
}

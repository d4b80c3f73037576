import type { JsonObject } from '../json.ts';
import type { Edit } from '../json-text.ts';

/** Removes null counts: clients that add them up get NaN, and absent means the same. */
export function withoutNulls(usage: JsonObject, path: (string | number)[]): Edit[] {
  return Object.keys(usage)
    .filter((key) => usage[key] === null)
    .map((key) => ({ path: [...path, key], remove: true as const }));
}

/** Puts counts into what a report tells, and takes null counts out of it. */
export function usageEdit(told: JsonObject | undefined, counts: object): Edit {
  const known = Object.entries(told ?? {}).filter(([, value]) => value !== null);
  return { path: ['usage'], set: JSON.stringify({ ...Object.fromEntries(known), ...counts }) };
}

import type { JsonObject } from '../json.ts';
import type { Edit } from '../json-text.ts';

/** The reason that fits what was sent: `tool_use` if and only if the client has a tool to run. */
export function trueStopReason(given: string | undefined, toolUsed: boolean): string {
  if (!given || given === 'end_turn' || given === 'tool_use') return toolUsed ? 'tool_use' : 'end_turn';
  return given;
}

/** Removes null counts: clients that add them up get NaN, and absent means the same. */
export function withoutNulls(usage: JsonObject, path: (string | number)[]): Edit[] {
  return Object.keys(usage)
    .filter((key) => usage[key] === null)
    .map((key) => ({ path: [...path, key], remove: true as const }));
}

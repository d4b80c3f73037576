import type { JsonText } from './neutral.ts';

/** A JSON object from members that are JSON text already, in the order given; undefined ones are left out. */
export function jsonObject(members: Record<string, JsonText | undefined>): JsonText {
  let text = '{';
  for (const name in members) {
    const value = members[name];
    if (value === undefined) continue;
    text += `${text.length > 1 ? ',' : ''}"${name}":${value}`;
  }
  return `${text}}`;
}

/** A JSON array from elements that are JSON text already. */
export const jsonArray = (elements: JsonText[]): JsonText => `[${elements.join(',')}]`;

/** Any plain value as JSON text. */
export const json = (value: string | number | boolean | null | object): JsonText => JSON.stringify(value);

/** The same, where there is one; undefined stays undefined, so that `jsonObject` leaves it out. */
export const jsonIf = (value: string | number | boolean | undefined): JsonText | undefined =>
  value === undefined ? undefined : JSON.stringify(value);

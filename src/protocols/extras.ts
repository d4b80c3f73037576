import { GatewayError } from '../errors/catalogue.ts';
import { type FieldCheck, refuse } from './field-checks.ts';
import { asNumber, type JsonObject } from './json.ts';
import type { Extra, JsonText, NeutralRequest } from './neutral.ts';
import type { Notes, Target } from './wire.ts';

/** What translation does with one top-level field of a protocol. `harmless`: values that ask for nothing, and pass. */
export type FieldRule =
  /** It has a neutral form. */
  | { fate: 'read' }
  | { fate: 'drop'; harmless?: (value: unknown) => boolean }
  | {
      fate: 'refuse';
      harmless?: (value: unknown) => boolean;
      code: 'unsupported_parameter' | 'unsupported_feature';
      advice: string;
    };

/** The fields of a request that have no neutral form. Fields that no rule knows are dropped and listed. */
export function collectExtras(body: JsonObject, rules: Record<string, FieldRule>): Extra[] {
  const extras: Extra[] = [];
  for (const name of Object.keys(body)) {
    const value = body[name];
    if (value === null || value === undefined) continue;
    if (!Object.hasOwn(rules, name)) {
      extras.push({ name, fate: 'unknown' });
      continue;
    }
    const rule = rules[name]!;
    if (rule.fate === 'read' || rule.harmless?.(value)) continue;
    if (rule.fate === 'drop') extras.push({ name, fate: 'drop' });
    else extras.push({ name, fate: 'refuse', code: rule.code, advice: rule.advice });
  }
  return extras;
}

/** Lists what is dropped; throws for what cannot be had. `carried`: names for which this upstream has a counterpart. */
export function settleExtras(request: NeutralRequest, notes: Notes, carried?: ReadonlySet<string>): void {
  for (const extra of request.extras) {
    if (carried?.has(extra.name)) continue;
    if (extra.fate === 'drop') notes.changed.add(extra.name);
    else if (extra.fate === 'unknown') notes.addClientName(extra.name);
    else
      throw new GatewayError(extra.code, `\`${extra.name}\` is not available on ${request.model}: ${extra.advice}`, {
        param: extra.name,
      });
  }
}

/** Passes a field's value on, unless the route refuses the field: then it is left out and listed, as the client calls it. */
export function takenBy({ route: { refuses } }: Target, notes: Notes) {
  return (field: string, value: JsonText | undefined, clientField = field): JsonText | undefined => {
    if (value === undefined || !refuses.includes(field)) return value;
    notes.changed.add(clientField);
    return undefined;
  };
}

/**
 * Checks the members of an object that translation reads, as `checkFields` does a request's, and lists those that it does
 * not. Null members ask for nothing. `where` is the way to the object, for errors; `prefix` stands before what is listed.
 */
export function readMembers(
  object: JsonObject,
  members: Record<string, FieldCheck>,
  where: string,
  notes: Notes,
  prefix = '',
): void {
  for (const name in object) {
    const value = object[name];
    if (value === null || value === undefined) continue;
    const complaint = Object.hasOwn(members, name) ? members[name]!(value) : undefined;
    if (complaint !== undefined) refuse(`${where}.${name}`, complaint);
    if (!Object.hasOwn(members, name)) notes.addClientName(prefix + name);
  }
}

/** The two that need no more words. */
export const READ: FieldRule = { fate: 'read' };
export const DROP: FieldRule = { fate: 'drop' };

/** A number of tokens or choices; undefined, and listed, for one below zero: some servers take -1 for their default. */
export function countOf(value: unknown, name: string, notes: Notes): number | undefined {
  const count = asNumber(value);
  if (count === undefined || count >= 0) return count;
  notes.changed.add(name);
  return undefined;
}

export type Json = Record<string, unknown>;

/** Counts in a usage object are non-negative integers, never null. */
export function checkUsage(usage: unknown, required: string[], say: (what: string) => void): void {
  if (!isObject(usage)) {
    say('usage is missing');
    return;
  }
  for (const name of required) if (usage[name] === undefined) say(`usage.${name} is missing`);
  checkCounts(usage, 'usage', say);
}

function checkCounts(object: Json, path: string, say: (what: string) => void): void {
  for (const [name, value] of Object.entries(object)) {
    if (isObject(value)) checkCounts(value, `${path}.${name}`, say);
    else if (/_(tokens|requests)$/.test(name) && !isCount(value)) say(`${path}.${name} is ${JSON.stringify(value)}`);
  }
}

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** The parsed object, undefined for everything else. */
export function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

import { asArray, asObject, isObject, type JsonObject } from './json.ts';

export const EXTRA_BODY = ['extra_body', 'extraBody'];

type Part = readonly [path: string, part: JsonObject];
const NONE: readonly Part[] = [];

/**
 * What a request says to Gemini's Chat surface besides the fields of the protocol: in `google`, within `extra_body` as its
 * documentation has it or at the top as client libraries put it. `path` ends in a dot.
 */
export function partsForGoogle(body: JsonObject): readonly Part[] {
  if (body.google === undefined && body.extra_body === undefined && body.extraBody === undefined) return NONE;
  const found: [path: string, part: unknown][] = [['google.', body.google]];
  for (const name of EXTRA_BODY) {
    found.push([`${name}.`, body[name]], [`${name}.google.`, asObject(body[name])?.google]);
  }
  return found.filter((part): part is [string, JsonObject] => isObject(part[1]));
}

/**
 * Which of these kinds a tool is named by, where the only key names it: Google's tools, `{"code_execution": {}}`. One with a
 * name of its own is the client's: on Messages those need no type.
 */
export function kindByKey(tool: JsonObject, kinds: readonly string[]): string | undefined {
  if (typeof tool.type === 'string' || typeof tool.name === 'string') return undefined;
  return kinds.find((kind) => isSet(tool[kind]));
}

export const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

/**
 * How many tools are of a kind that the vendor itself describes to the model (`bash_20250124`, `computer_20251124`): their
 * description is in no request, and takes up to about as much of the prompt as all that is said about tools in general.
 */
export function toolsOfVendor(tools: unknown): number {
  let count = 0;
  for (const tool of asArray(tools)) {
    const type = asObject(tool)?.type;
    if (typeof type === 'string' && type !== 'function' && type !== 'custom') count++;
  }
  return count;
}

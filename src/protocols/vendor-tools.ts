import { asArray, asObject } from './json.ts';

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

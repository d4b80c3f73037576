import { anthropic } from './anthropic.ts';
import type { CureTable, Vendor } from './cure.ts';
import { deepseek } from './deepseek.ts';
import { gemini } from './gemini.ts';
import { openai } from './openai.ts';

/** What is known of each vendor, by the name that cards and upstreams use. Vendors without quirks need no entry. */
export const vendors: Record<string, Vendor> = { deepseek, openai, anthropic, gemini };

/** Every cure by the name that cards use. A route may name any: a refusal first met at one vendor is met at others. */
export const cures: CureTable = Object.assign({}, ...Object.values(vendors).map((vendor) => vendor.cures));

/** True when a reasoning signature is certainly of `vendor`'s make. */
function isOwnSignature(signature: string, vendor: string): boolean {
  return vendors[vendor]?.madeSignature?.(signature) === true;
}

/**
 * True when a reasoning signature was certainly made by a vendor other than `vendor`. Unknown shapes count as the
 * vendor's own: a signature is opaque and its form may change at any time.
 */
export function hasOtherMaker(signature: string, vendor: string): boolean {
  if (signature === '' || isOwnSignature(signature, vendor)) return false;
  return Object.entries(vendors).some(([name, { madeSignature }]) => name !== vendor && madeSignature?.(signature));
}

import type { JsonText } from './neutral.ts';

/**
 * What clients cannot carry for us, kept for their next request: the reasoning of an answer with its maker's signatures,
 * for protocols that have no place for them (Chat Completions), and the upstream's own data about a call.
 *
 * As a table: `reasoning_memory(key_id text, lookup text, turn_id integer)` with primary key (key_id, lookup), and
 * `reasoning_turn(id integer primary key, key_id text, vendor text, blocks text, calls text, bytes integer, created_ms
 * integer)`. `lookup` is `call:` and a tool-call id, `text:` and the hash of the reasoning, with and without its maker, or
 * `whole:` and the hash of the answer; a later turn takes a lookup over from an earlier one. Turns go after 30 days, and the
 * oldest of a key when it has too many. Texts are the key's own and never leave it.
 */
export interface ReasoningMemory {
  /** The turns that these lookups lead to, by lookup; those that lead nowhere are left out. */
  recall(keyId: string, lookups: readonly string[]): Promise<ReadonlyMap<string, RememberedTurn>>;
  /** Returns at once; what is lost with a crash costs thinking in one later request, not correctness. */
  remember(keyId: string, lookups: readonly string[], turn: RememberedTurn): void;
}

/** The reasoning of one answer, all of it, in order. */
export interface RememberedTurn {
  /** Who made it: the route's vendor. Nobody else can use it. */
  vendor: string;
  /** None where the client carries all of it: then only its maker is known. */
  blocks: RememberedBlock[];
  /** The upstream's own data by tool-call id. */
  calls: Record<string, JsonText>;
}

/** A piece of reasoning as its maker gave it. */
export interface RememberedBlock {
  text: string;
  /** '' where the vendor signs nothing. */
  signature: string;
  /** Encrypted reasoning without text. */
  redacted?: string;
  /** Where it stood: behind so many characters of text (UTF-16 units) and so many calls of the answer. */
  afterText: number;
  afterCalls: number;
}

/** A call of an answer. */
export interface PlacedCall {
  id: string;
  /** Behind so many characters of text (UTF-16 units). */
  afterText: number;
}

/** By which a call leads to its turn. */
export const callLookup = (callId: string): string => `call:${callId}`;

/** Hash of the reasoning as a client sees it: all blocks' texts joined. */
export const textLookup = (reasoning: string): string => `text:${hashOf(reasoning)}`;

/** The same reasoning (its `textLookup`) of this vendor's make: models write short thoughts alike. */
export const madeLookup = (text: string, vendor: string): string => `${text}:${vendor}`;

/** Hash of an answer as a client sees it: its reasoning, its text, and its calls with their place in the text. */
export function wholeLookup(blocks: readonly RememberedBlock[], text: string, calls: readonly PlacedCall[]): string {
  const reasoning = blocks.map((block) => block.text);
  return `whole:${hashOf(JSON.stringify([reasoning, text, calls.map(({ id, afterText }) => [id, afterText])]))}`;
}

const hashOf = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('base64url');

/** Rough size of a turn in bytes, for bounds. */
export function turnBytes(turn: RememberedTurn): number {
  let bytes = 64;
  for (const block of turn.blocks)
    bytes += 64 + 2 * (block.text.length + block.signature.length + (block.redacted?.length ?? 0));
  for (const id in turn.calls) bytes += 2 * (id.length + turn.calls[id]!.length);
  return bytes;
}

/** What is forgotten: the oldest first. */
export interface MemoryBounds {
  maxAgeMs: number;
  /** Of one key. */
  maxTurns: number;
  /** Of one key. */
  maxBytes: number;
}

/** A heavy agent makes some 2,000 turns a day; a long chain is 100 KB. */
export const DEFAULT_BOUNDS: MemoryBounds = {
  maxAgeMs: 30 * 24 * 3600 * 1000,
  maxTurns: 20_000,
  maxBytes: 64 * 1024 * 1024,
};

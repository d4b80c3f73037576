import type { NeutralMessage } from './neutral.ts';

/** What is wrong with the tool calls and results of a conversation: where, and of which call. */
interface Unpaired {
  kind: 'call-without-result' | 'result-without-call';
  /** Index in the neutral messages. */
  index: number;
  ids: string[];
}

/**
 * The first tool call that nothing answers before the next assistant turn, or the first result that answers no call of the
 * turn before it. Every upstream refuses both; a gateway that repaired them would invent what a tool said.
 */
export function findUnpaired(messages: readonly NeutralMessage[]): Unpaired | undefined {
  let i = 0;
  while (i < messages.length) {
    const calls = new Map<string, Seen>();
    const results = new Map<string, Seen>();
    for (let m = messages[i]; m?.role === 'assistant'; m = messages[++i]) {
      for (const part of m.parts) if (part.type === 'tool-call') see(calls, part.id, i);
    }
    for (let m = messages[i]; m !== undefined && m.role !== 'assistant'; m = messages[++i]) {
      for (const part of m.parts) if (part.type === 'tool-result') see(results, part.callId, i);
    }
    const unanswered = [...calls.keys()].filter((id) => (results.get(id)?.count ?? 0) < calls.get(id)!.count);
    if (unanswered.length > 0) {
      return { kind: 'call-without-result', index: calls.get(unanswered[0]!)!.index, ids: unanswered };
    }
    const uncalled = [...results.keys()].filter((id) => !calls.has(id));
    if (uncalled.length > 0) {
      return { kind: 'result-without-call', index: results.get(uncalled[0]!)!.index, ids: uncalled };
    }
  }
  return undefined;
}

/** How often an id occurs in a turn (some servers give one to two calls), and where last. */
interface Seen {
  count: number;
  index: number;
}

function see(all: Map<string, Seen>, id: string, index: number): void {
  all.set(id, { count: (all.get(id)?.count ?? 0) + 1, index });
}

/** Ids that an error names, and how much of each: enough to find the turn by. A turn may have any number, of any length. */
const NAMED = 20;
const NAME_LENGTH = 100;

/** The ids for an error's text. */
export function namesOf(ids: readonly string[]): string {
  const named = ids.slice(0, NAMED).map((id) => (id.length > NAME_LENGTH ? `${id.slice(0, NAME_LENGTH)}…` : id));
  const more = ids.length - named.length;
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

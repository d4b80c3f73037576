import type { NeutralMessage } from './neutral.ts';

/**
 * Ids of an answer's tool calls, each another one than any before it. Some servers count from zero in every answer
 * (`call_0`): clients pair results with calls by the id alone, and Anthropic refuses a conversation with one twice. An id
 * that is new stays as the upstream gave it.
 */
export class CallIds {
  readonly #taken: Set<string>;
  /** Of ids that were taken: the number to go on from, for a conversation may have thousands of calls by one id. */
  #next: Map<string, number> | undefined;

  /** `taken`: the ids that the conversation has. */
  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** The id itself, or with the first number behind it that makes it new. */
  unique(id: string): string {
    let unique = id;
    if (this.#taken.has(id)) {
      this.#next ??= new Map();
      let n = this.#next.get(id) ?? 2;
      while (this.#taken.has(unique)) unique = `${id}_${n++}`;
      this.#next.set(id, n);
    }
    this.#taken.add(unique);
    return unique;
  }
}

/** The tool-call ids of a conversation. */
export function callIdsOf(messages: readonly NeutralMessage[]): string[] {
  return messages.flatMap((message) =>
    message.role === 'assistant' ? message.parts.flatMap((part) => (part.type === 'tool-call' ? [part.id] : [])) : [],
  );
}

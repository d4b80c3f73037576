import { asArray, asObject, asString } from '../json.ts';
import type { Path } from '../json-scan.ts';
import type { Edit } from '../json-text.ts';

/**
 * Sets right what a surface tells wrong, chunk by chunk or in a whole answer. Several calls with one index, or with none:
 * an id that is new tells of a new call (A13 of the known faults; Google's compatible surface does so), and clients would
 * make one call of two. A finish reason that says nothing of them (C05): agents would not run them. A role in every delta:
 * clients that join the texts of a message's deltas would join it too.
 */
export class AnswerRepair {
  /** The calls so far, in order, by the choice that they belong to. */
  readonly #calls = new Map<number, Calls>();
  /** Choices whose role was told. */
  readonly #roles = new Set<number>();

  /** `body`: a chunk, or a whole answer. */
  edits(body: unknown): Edit[] {
    const edits: Edit[] = [];
    for (const [at, value] of asArray(asObject(body)?.choices).entries()) {
      const choice = asObject(value) ?? {};
      const index = typeof choice.index === 'number' ? choice.index : 0;
      const path = ['choices', at];
      const delta = asObject(choice.delta) ?? {};
      if (typeof delta.role === 'string') {
        if (this.#roles.has(index)) edits.push({ path: [...path, 'delta', 'role'], remove: true });
        else this.#roles.add(index);
      }
      for (const [place, call] of asArray(delta.tool_calls).entries()) {
        this.#call(call, index, [...path, 'delta', 'tool_calls', place], edits);
      }
      const calls = this.#calls.has(index) || asArray(asObject(choice.message)?.tool_calls).length > 0;
      if (calls && choice.finish_reason === 'stop') {
        edits.push({ path: [...path, 'finish_reason'], set: '"tool_calls"' });
      }
    }
    return edits;
  }

  #call(value: unknown, choice: number, path: Path, edits: Edit[]): void {
    const call = asObject(value);
    if (call === undefined) return;
    let calls = this.#calls.get(choice);
    if (calls === undefined) {
      calls = new Calls();
      this.#calls.set(choice, calls);
    }
    const index = calls.indexOf(asString(call.id) ?? '', call.index);
    if (call.index !== index) edits.push({ path: [...path, 'index'], set: String(index) });
  }
}

/** The calls of a choice by what the surface says of them; of several that it says the same of, the last. */
class Calls {
  readonly #byId = new Map<string, number>();
  readonly #byIndex = new Map<unknown, number>();
  #count = 0;

  /** A delta without an id goes on with the last call that had its index, or, without that too, with the last. */
  indexOf(id: string, told: unknown): number {
    const last = this.#count > 0 ? this.#count - 1 : undefined;
    const known = id !== '' ? this.#byId.get(id) : told === undefined ? last : this.#byIndex.get(told);
    if (known !== undefined) return known;
    const index = this.#count++;
    if (id !== '') this.#byId.set(id, index);
    this.#byIndex.set(told, index);
    return index;
  }
}

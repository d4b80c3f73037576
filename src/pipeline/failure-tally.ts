import type { FailureCount } from '../observability/recent-requests.ts';

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 31 * 24;
/** Beyond that the oldest hours are forgotten first. */
const MOST_COUNTS = 20_000;

/** How many requests failed, by hour, key, model and error: what fails is not billed, so no ledger has it. In memory only. */
export class FailureTally {
  /** In order of the first failure, so that the oldest hours stand first. */
  readonly #counts = new Map<string, FailureCount>();

  add(failure: { at: number; apiKeyId: string | undefined; model: string | undefined; code: string }): void {
    const { at, apiKeyId, model, code } = failure;
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    const name = `${hour} ${apiKeyId ?? ''} ${model ?? ''} ${code}`;
    const known = this.#counts.get(name);
    if (known !== undefined) {
      known.count++;
      return;
    }
    this.#counts.set(name, { hour, apiKeyId, model, code, count: 1 });
    const oldest = hour - KEPT_HOURS * HOUR_MS;
    for (const [key, entry] of this.#counts) {
      if (entry.hour >= oldest && this.#counts.size <= MOST_COUNTS) break;
      this.#counts.delete(key);
    }
  }

  list(): FailureCount[] {
    return [...this.#counts.values()].map((entry) => ({ ...entry }));
  }
}

import type { CallCount } from '../observability/recent-requests.ts';

/** How many calls were made since the start, and how many failed by which error, by key and model. In memory only. */
export class CallTally {
  /** Key → model → count: as many as there are keys and cards at most. */
  readonly #keys = new Map<string | undefined, Map<string, CallCount>>();

  add(apiKeyId: string | undefined, model: string, errorCode: string | undefined): void {
    let models = this.#keys.get(apiKeyId);
    if (models === undefined) {
      models = new Map();
      this.#keys.set(apiKeyId, models);
    }
    let count = models.get(model);
    if (count === undefined) {
      count = { apiKeyId, model, calls: 0, errors: {} };
      models.set(model, count);
    }
    count.calls++;
    if (errorCode !== undefined) count.errors[errorCode] = (count.errors[errorCode] ?? 0) + 1;
  }

  list(): CallCount[] {
    return [...this.#keys.values()].flatMap((models) => [...models.values()]);
  }
}

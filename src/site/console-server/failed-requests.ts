import type { FailureCount } from '../../observability/recent-requests.ts';

/** Failures of the hours from `since` on. Times are Unix ms. */
export function failureRows(failures: readonly FailureCount[], since: number) {
  return failures
    .filter(({ hour }) => hour >= since)
    .map(({ hour, apiKeyId, model, code, count }) => ({
      hour,
      api_key_id: apiKeyId ?? null,
      model: model ?? null,
      code,
      count,
    }));
}

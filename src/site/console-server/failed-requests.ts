import type { FailureCount } from '../../observability/recent-requests.ts';
import type { Session } from './sessions.ts';

/** Failures of the hours from `since` on that the session may see. Times are Unix ms. */
export function failureRows(failures: readonly FailureCount[], session: Session, since: number) {
  return failures
    .filter(({ hour, apiKeyId }) => hour >= since && (session.kind === 'admin' || apiKeyId === session.keyId))
    .map(({ hour, apiKeyId, model, code, count }) => ({
      hour,
      api_key_id: apiKeyId ?? null,
      model: model ?? null,
      code,
      count,
    }));
}

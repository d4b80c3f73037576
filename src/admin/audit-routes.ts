import { DEFAULT_ACCOUNT } from '../keys/key.ts';
import type { AuditRow } from '../storage/rows.ts';
import { answer, isoTime } from './answer.ts';
import { inApiWords } from './audit-words.ts';
import type { AdminDeps } from './handler.ts';
import { Query } from './query.ts';
import type { Route } from './route.ts';

/** `/api/v1/audit`: every administrative act, newest first. */
export function auditRoutes({ money }: AdminDeps): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/audit',
      access: 'admin',
      async handle({ url }) {
        const query = new Query(url, ['action', 'target', 'limit', 'cursor']);
        const { rows, nextCursor } = await money.store.auditRows({
          accountId: DEFAULT_ACCOUNT,
          action: query.text('action'),
          target: query.text('target'),
          limit: query.limit(50, 1_000),
          cursor: query.cursor(),
        });
        return answer({ data: rows.map(auditRow), next_cursor: nextCursor ?? null });
      },
    },
  ];
}

function auditRow(row: AuditRow) {
  return {
    id: row.id,
    created_at: isoTime(row.at),
    actor: row.actor,
    action: row.action,
    target: row.target,
    ip: row.ip === '' ? null : row.ip,
    before: inApiWords(row.before),
    after: inApiWords(row.after),
  };
}

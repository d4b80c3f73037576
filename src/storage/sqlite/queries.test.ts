import { Database } from 'bun:sqlite';
import { expect, spyOn, test } from 'bun:test';
import { migrate } from './connection.ts';
import { usageRows } from './queries.ts';

test('rows of a key and a model are looked for where there are fewer', () => {
  const db = new Database(':memory:', { safeIntegers: true, strict: true });
  migrate(db);
  db.run(`WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id <= 10001)
    INSERT INTO usage SELECT id, 'req_' || id, 'default', iif(id = 7, 'seldom', 'often'), id, 'm', 'u', 'um', 'messages', 0, 200,
      'complete', 0, 1, 0, 0, 0, 1, 0, 'upstream', 0, 1, 0, NULL, 1, 1, NULL, 1 FROM n`);
  db.run("INSERT INTO terms VALUES (1, '{}')");
  const query = spyOn(db, 'query');
  const indexFor = (filter: { keyId?: string; model?: string }) => {
    usageRows(db, { accountId: 'default', limit: 1, ...filter });
    const plan = db.prepare<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${query.mock.lastCall?.[0]}`).all();
    return plan.map(({ detail }) => detail).find((detail) => detail.includes('usage'));
  };
  expect(indexFor({ keyId: 'seldom' })).toContain('usage_by_key (key_id=?');
  expect(indexFor({ keyId: 'seldom', model: 'm' })).toContain('usage_by_key (key_id=?');
  expect(indexFor({ keyId: 'often', model: 'm' })).toContain('usage_by_model (model=?');
  expect(indexFor({ model: 'm' })).toContain('usage_by_model (model=?');
  expect(usageRows(db, { accountId: 'default', limit: 9, keyId: 'seldom', model: 'm' }).rows).toHaveLength(1);
});

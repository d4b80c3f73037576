import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { PARTS_PER_SPAN, SPANS } from './records.ts';
import type { Store } from './store.ts';
import { audit, charge, group, key, NOW, transfer } from './test-bench.ts';

/** What every store must hold to. `open` gives one store on data that survives `close`. */
export function storeContract(name: string, harness: { open(): Promise<Store>; clean(): Promise<void> }): void {
  describe(`${name} keeps the contract of a store`, () => {
    let store: Store;
    const reopen = async () => {
      await store.close();
      store = await harness.open();
    };

    beforeEach(async () => {
      store = await harness.open();
      await store.write({
        kind: 'account',
        account: { id: 'default', name: 'default', unlimited: false, createdAt: 1 },
        audit: undefined,
      });
      await store.write({ kind: 'group', group: group(), audit: audit('group.create') });
      await store.write({
        kind: 'key',
        key: key(),
        secrets: [{ hash: 'hash-1', keyId: 'key_1', createdAt: 1, validUntil: undefined }],
        audit: audit('key.create'),
      });
    });
    afterEach(async () => {
      await store.close();
      await harness.clean();
    });

    test('a new store is fresh, one that is opened again is not', async () => {
      expect(store.snapshot.fresh).toBe(true);
      await reopen();
      expect(store.snapshot.fresh).toBe(false);
    });

    test('accounts, groups, keys, secrets and tokens come back as they were written', async () => {
      const token = { id: 'adm_1', name: 'ops', hash: 'hash-a', createdAt: 5, revokedAt: undefined };
      await store.write({ kind: 'admin-token', token, audit: audit('admin.create') });
      await reopen();
      expect(store.snapshot.accounts).toEqual([{ id: 'default', name: 'default', unlimited: false, createdAt: 1 }]);
      expect(store.snapshot.groups).toEqual([group()]);
      expect(store.snapshot.keys).toEqual([key()]);
      expect(store.snapshot.secrets).toEqual([{ hash: 'hash-1', keyId: 'key_1', createdAt: 1, validUntil: undefined }]);
      expect(store.snapshot.adminTokens).toEqual([token]);
    });

    test('writing a key again changes it and keeps its creation', async () => {
      await store.write({
        kind: 'key',
        key: { ...key(), name: 'renamed', quota: 5n, createdAt: 999, updatedAt: 9 },
        secrets: [],
        audit: audit('key.update'),
      });
      await reopen();
      expect(store.snapshot.keys).toEqual([{ ...key(), name: 'renamed', quota: 5n, updatedAt: 9 }]);
    });

    test('a secret belongs to one key for good', async () => {
      const other = { ...key(), id: 'key_2' };
      const secrets = [{ hash: 'hash-1', keyId: 'key_2', createdAt: 2, validUntil: undefined }];
      const stolen = store.write({ kind: 'key', key: other, secrets, audit: audit('key.create') });
      await expect(stolen).rejects.toMatchObject({ name: 'StorageError', kind: 'conflict' });
      await reopen();
      expect(store.snapshot.keys.map(({ id }) => id)).toEqual(['key_1']);
    });

    test('a refused write takes no other of its batch with it', async () => {
      await store.write({ kind: 'transfer', transfer: transfer({ amount: 1_000n }), audit: undefined });
      const secrets = [{ hash: 'hash-1', keyId: 'key_2', createdAt: 2, validUntil: undefined }];
      const results = await Promise.allSettled([
        store.write({ kind: 'charge', charge: charge({ requestId: 'req_0' }) }),
        store.write({ kind: 'charge', charge: charge({ requestId: 'req_1' }) }),
        store.write({ kind: 'key', key: { ...key(), id: 'key_2' }, secrets, audit: audit('key.create') }),
        store.write({ kind: 'charge', charge: charge({ requestId: 'req_2' }) }),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
      expect((await store.usageRows({ accountId: 'default', limit: 10 })).rows).toHaveLength(3);
      expect(await store.findFaults()).toEqual([]);
    });

    test('a charge is written once per request, to usage, ledger, balances and sums', async () => {
      await store.write({ kind: 'transfer', transfer: transfer({ amount: 1_000n }), audit: audit('wallet.top_up') });
      const charged = charge({ cost: 30n, absorbed: 4n });
      await Promise.all([
        store.write({ kind: 'charge', charge: charged }),
        store.write({ kind: 'charge', charge: charged }),
      ]);
      await store.write({ kind: 'charge', charge: charged });
      const { rows } = await store.ledgerRows({ accountId: 'default', limit: 10 });
      expect(
        rows.map(({ cause, amount, balanceAfter, requestId, keyId }) => ({
          cause,
          amount,
          balanceAfter,
          requestId,
          keyId,
        })),
      ).toEqual([
        { cause: 'charge', amount: -30n, balanceAfter: 970n, requestId: 'req_1', keyId: 'key_1' },
        { cause: 'top_up', amount: 1_000n, balanceAfter: 1_000n, requestId: undefined, keyId: undefined },
      ]);
      expect(store.spendingOf('key_1').spent).toBe(30n);
      const totals = await store.keyTotals({ keyIds: ['key_1', 'key_none'], nowMs: NOW });
      const parts = SPANS.map(({ name, ms }) => ({
        span: name,
        part: Math.floor((NOW * PARTS_PER_SPAN) / ms),
        spent: 30n,
      }));
      expect(totals).toEqual(new Map([['key_1', { spent: 30n, calls: 1, lastUsedAt: NOW, parts }]]));
      await reopen();
      expect(store.snapshot.wallets).toEqual([
        {
          accountId: 'default',
          balance: 970n,
          toppedUp: 1_000n,
          adjusted: 0n,
          spent: 30n,
          absorbed: 4n,
          toppedUpTo: 1_000n,
        },
      ]);
      expect(await store.findFaults()).toEqual([]);
    });

    test('a write that is withdrawn before its commit is not carried out', async () => {
      const left = new AbortController();
      // The first is on its way; the second waits for the next commit.
      const first = store.write({ kind: 'charge', charge: charge({ requestId: 'req_1' }) }, left.signal);
      // A batch gathers for a turn of the event loop or two.
      for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve));
      const second = store.write({ kind: 'charge', charge: charge({ requestId: 'req_2' }) }, left.signal);
      left.abort(new Error('left'));
      await first;
      await expect(second).rejects.toThrow('left');
      const { rows } = await store.usageRows({ accountId: 'default', limit: 9 });
      expect(rows.map(({ requestId }) => requestId)).toEqual(['req_1']);
    });

    test('every field of a usage row comes back', async () => {
      await store.write({ kind: 'charge', charge: charge({ upstreamCost: 12n, ttftMs: 7 }) });
      const { rows } = await store.usageRows({ accountId: 'default', limit: 1 });
      const { at, ...written } = charge({ upstreamCost: 12n, ttftMs: 7 });
      expect(rows).toEqual([{ ...written, id: expect.any(String), createdAt: at }]);
    });

    test('a top-up with a known idempotency key gives the first row back', async () => {
      const first = await store.write({
        kind: 'transfer',
        transfer: transfer({ amount: 5n }),
        audit: audit('wallet.top_up'),
      });
      const again = await store.write({
        kind: 'transfer',
        transfer: transfer({ amount: 9n }),
        audit: audit('wallet.top_up'),
      });
      expect(first?.repeated).toBe(false);
      expect(again).toEqual({ row: first?.row as never, repeated: true });
      const { rows } = await store.auditRows({ accountId: 'default', action: 'wallet.top_up', limit: 10 });
      expect(rows).toHaveLength(1);
    });

    test('pages of usage stay right while rows arrive', async () => {
      for (let n = 0; n < 5; n++) await store.write({ kind: 'charge', charge: charge({ requestId: `req_${n}` }) });
      const first = await store.usageRows({ accountId: 'default', limit: 2 });
      await store.write({ kind: 'charge', charge: charge({ requestId: 'req_late' }) });
      const second = await store.usageRows({ accountId: 'default', limit: 2, cursor: first.nextCursor });
      const third = await store.usageRows({ accountId: 'default', limit: 2, cursor: second.nextCursor });
      expect([first, second, third].flatMap(({ rows }) => rows.map(({ requestId }) => requestId))).toEqual([
        'req_4',
        'req_3',
        'req_2',
        'req_1',
        'req_0',
      ]);
      expect(third.nextCursor).toBeUndefined();
    });

    test('usage is filtered by key, model, request, time and kind', async () => {
      await store.write({ kind: 'charge', charge: charge({ requestId: 'req_a', model: 'a' }) });
      await store.write({ kind: 'charge', charge: charge({ requestId: 'req_b', keyId: 'key_2', at: NOW + 5_000 }) });
      await store.write({ kind: 'charge', charge: charge({ requestId: 'req_c', simulated: true, at: NOW + 9_000 }) });
      const ids = async (query: object) =>
        (await store.usageRows({ accountId: 'default', limit: 10, ...query })).rows.map(({ requestId }) => requestId);
      expect(await ids({ model: 'a' })).toEqual(['req_a']);
      expect(await ids({ model: 'an-alias', aliasOf: 'a' })).toEqual(['req_a']);
      expect(await ids({ keyId: 'key_2' })).toEqual(['req_b']);
      expect(await ids({ keyId: 'key_1', model: 'm' })).toEqual(['req_c']);
      expect(await ids({ requestId: 'req_c' })).toEqual(['req_c']);
      expect(await ids({ simulated: false })).toEqual(['req_b', 'req_a']);
      expect(await ids({ since: NOW + 5_000, until: NOW + 9_000 })).toEqual(['req_b']);
      expect(await ids({ accountId: 'other' })).toEqual([]);
    });

    test('sums are those of the rows, also where an hour is cut', async () => {
      const hour = 3_600_000;
      const start = Math.ceil(NOW / (24 * hour)) * 24 * hour;
      for (let n = 0; n < 12; n++) {
        const at = start + (n * hour) / 2 + 1;
        await store.write({
          kind: 'charge',
          charge: charge({ requestId: `req_${n}`, at, cost: BigInt(2 ** n), model: `m${n % 2}` }),
        });
      }
      const sums = async (
        since: number | undefined,
        until: number | undefined,
        groupBy: ('hour' | 'day' | 'model' | 'api_key')[],
      ) =>
        (await store.usageBuckets({ accountId: 'default', since, until, groupBy, limit: 6 }))?.map(({ cost }) =>
          Number(cost),
        );
      const hours = { accountId: 'default', groupBy: ['hour' as const] };
      expect(await store.usageBuckets({ ...hours, limit: 5 })).toBeUndefined();
      expect(await sums(undefined, undefined, ['day'])).toEqual([4095]);
      expect(await sums(undefined, undefined, ['hour'])).toEqual([3, 12, 48, 192, 768, 3072]);
      expect(await sums(undefined, undefined, ['model'])).toEqual([1365, 2730]);
      expect(await sums(undefined, undefined, ['day', 'model'])).toEqual([1365, 2730]);
      expect(await sums(start + hour / 2, start + 2.5 * hour, ['hour'])).toEqual([2, 12, 16]);
      expect(await sums(start + 10, start + hour / 2 + 10, ['api_key'])).toEqual([2]);
      expect(await sums(start + hour, start + 2 * hour, ['api_key'])).toEqual([12]);
      expect(await sums(start - 5, start, ['api_key'])).toEqual([]);
      // A span with a whole day in it, cut on both sides, is the sum of its rows.
      const late = start + 30 * hour;
      await store.write({ kind: 'charge', charge: charge({ requestId: 'late', at: late, cost: 8_192n }) });
      expect(await sums(start - 2 * hour, late + 1, ['day'])).toEqual([4095, 8192]);
      expect(await sums(start, late, ['api_key'])).toEqual([4095]);
      expect(await sums(start + 1, late + 1, ['api_key'])).toEqual([4095 + 8192]);
      expect(await sums(start + 2, late + 1, ['api_key'])).toEqual([4094 + 8192]);
    });

    test('window parts come back, the newest of each span: whether they still count is for the clock to say', async () => {
      const day = 86_400_000;
      await store.write({ kind: 'charge', charge: charge({ requestId: 'old', startedAt: NOW - 8 * day, cost: 1n }) });
      await store.write({ kind: 'charge', charge: charge({ requestId: 'mid', startedAt: NOW - 2 * day, cost: 2n }) });
      await store.write({ kind: 'charge', charge: charge({ requestId: 'new', startedAt: NOW, cost: 4n }) });
      const partsOf = (span: string) =>
        store
          .spendingOf('key_1')
          .parts.filter((one) => one.span === span)
          .map(({ part, spent }) => ({ part, spent }));
      const fiveMinutes = 300_000;
      const part = (startedAt: number, spent: bigint) => ({ part: Math.floor(startedAt / fiveMinutes), spent });
      expect(store.spendingOf('key_1').spent).toBe(7n);
      expect(partsOf('5h')).toEqual([part(NOW - 8 * day, 1n), part(NOW - 2 * day, 2n), part(NOW, 4n)]);
      const later = Array.from({ length: 100 }, (_, n) => NOW + (n + 1) * fiveMinutes);
      for (const startedAt of later) {
        await store.write({ kind: 'charge', charge: charge({ requestId: `${startedAt}`, startedAt, cost: 8n }) });
        // Stores the sums.
        await store.write({ kind: 'audit', audit: audit('x.did', 'thing') });
      }
      expect(partsOf('5h')).toEqual(later.slice(-64).map((startedAt) => part(startedAt, 8n)));
      // A clock that is far behind: what is booked by it counts by it.
      const behind = NOW - 1_000 * day;
      await store.write({ kind: 'charge', charge: charge({ requestId: 'behind', startedAt: behind, cost: 3n }) });
      await store.write({ kind: 'audit', audit: audit('x.did', 'thing') });
      await reopen();
      expect(partsOf('5h')[0]).toEqual(part(behind, 3n));
    });

    test('audit rows are newest first and filtered', async () => {
      await store.write({ kind: 'audit', audit: audit('x.did', 'thing') });
      const { rows } = await store.auditRows({ accountId: 'default', limit: 10 });
      expect(rows.map(({ action }) => action)).toEqual(['x.did', 'key.create', 'group.create']);
      expect(rows[0]).toEqual({ ...audit('x.did', 'thing'), id: expect.any(String) });
      const { rows: some } = await store.auditRows({ accountId: 'default', target: 'thing', limit: 10 });
      expect(some).toHaveLength(1);
    });

    test('a closed store refuses', async () => {
      await store.close();
      await expect(store.write({ kind: 'charge', charge: charge({}) })).rejects.toMatchObject({ kind: 'unavailable' });
      await expect(store.auditRows({ accountId: 'default', limit: 1 })).rejects.toMatchObject({ kind: 'unavailable' });
      store = await harness.open();
    });
  });
}

import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from './http.ts';
import type {
  AccountRow,
  Failures,
  Group,
  KeyRow,
  Latency,
  ModelRow,
  Page,
  RecentRequest,
  Transaction,
  UsageRow,
  UsageSums,
  Wallet,
} from './rows.ts';
import { useSession } from './session.tsx';

/** How often what changes by itself is asked again, while the page is seen. Milliseconds. */
const LIVE_MS = 2_000;
const SLOW_MS = 10_000;

/** Queries of the management API: an administrator's are about everything, a key's about itself. */
function useUsagePath(): string {
  return useSession().kind === 'admin' ? 'manage/usage' : 'manage/me/usage';
}

type Filters = Record<string, string | undefined>;

function queryText(filters: Filters): string {
  const set = Object.entries(filters).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return new URLSearchParams(set).toString();
}

/** Sums of usage; `group_by` among the filters says what by. */
export function useUsageSums(filters: Filters) {
  const path = useUsagePath();
  return useQuery({
    queryKey: ['usage', 'sums', path, filters],
    queryFn: ({ signal }) => call<UsageSums>(`${path}?${queryText(filters)}`, { signal }),
    refetchInterval: SLOW_MS,
    placeholderData: keepPreviousData,
  });
}

/** Billed requests, newest first, page after page. */
export function useUsagePages(filters: Filters) {
  const path = useUsagePath();
  return useInfiniteQuery({
    queryKey: ['usage', 'pages', path, filters],
    queryFn: ({ signal, pageParam }) =>
      call<Page<UsageRow>>(`${path}?${queryText({ ...filters, limit: '50', cursor: pageParam })}`, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    // Whoever reads older ones is not to have all pages asked for again and again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : LIVE_MS),
    placeholderData: keepPreviousData,
  });
}

/** A request that is still running is looked for until it ends. */
const untilFound = ({ state }: { state: { data?: object | null | undefined } }) =>
  state.data === null ? SLOW_MS : (false as const);

export function useUsageRow(requestId: string) {
  const path = useUsagePath();
  return useQuery({
    queryKey: ['usage', 'row', path, requestId],
    queryFn: async ({ signal }) => {
      const page = await call<Page<UsageRow>>(`${path}?${queryText({ request_id: requestId, limit: '1' })}`, {
        signal,
      });
      return page.data[0] ?? null;
    },
    refetchInterval: untilFound,
  });
}

/** How long the calls of a period took; the filters are those of usage. */
export function useLatency(filters: Filters) {
  return useQuery({
    queryKey: ['usage', 'latency', filters],
    queryFn: ({ signal }) => call<Latency>(`latency?${queryText(filters)}`, { signal }),
    refetchInterval: SLOW_MS,
    placeholderData: keepPreviousData,
  });
}

/** Counts of what failed since then (Unix ms), or since the gateway's start if that was later. */
export function useFailures(since: number) {
  return useQuery({
    queryKey: ['failures', since],
    queryFn: ({ signal }) => call<Failures>(`failures?since=${since}`, { signal }),
    refetchInterval: SLOW_MS,
    placeholderData: keepPreviousData,
  });
}

/** The newest requests that were not billed, newest first; those since the last start. */
export function useUnbilledRequests() {
  return useQuery({
    queryKey: ['requests', 'unbilled'],
    queryFn: async ({ signal }) => (await call<{ data: RecentRequest[] }>('requests?failed=1', { signal })).data,
    refetchInterval: LIVE_MS,
  });
}

export function useRecentRequest(requestId: string) {
  return useQuery({
    queryKey: ['requests', requestId],
    queryFn: async ({ signal }) => {
      const found = await call<{ data: RecentRequest[] }>(`requests?${queryText({ request_id: requestId })}`, {
        signal,
      });
      return found.data[0] ?? null;
    },
    refetchInterval: untilFound,
  });
}

export function useModels() {
  return useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => call<{ data: ModelRow[] }>('models', { signal }),
    refetchInterval: SLOW_MS,
  });
}

export function useAccount() {
  const { kind } = useSession();
  return useQuery({
    queryKey: ['account'],
    queryFn: ({ signal }) => call<AccountRow>('manage/me/account', { signal }),
    refetchInterval: SLOW_MS,
    enabled: kind === 'key',
  });
}

/** What follows the prices of the rate card where the session's key pays another one; else nothing. */
export function useFactorNote(): string {
  const { multiplier = '1' } = useAccount().data ?? {};
  return Number(multiplier) === 1 ? '' : `; this key pays ${multiplier} times as much`;
}

/** All keys, newest first, up to MOST_KEYS; an administrator's query. */
export function useKeys() {
  const { kind } = useSession();
  return useQuery({
    queryKey: ['keys'],
    queryFn: async ({ signal }) => {
      const keys: KeyRow[] = [];
      let cursor: string | undefined;
      do {
        const page = await call<Page<KeyRow>>(`manage/keys?${queryText({ limit: '1000', cursor })}`, { signal });
        keys.push(...page.data);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined && keys.length < MOST_KEYS);
      return keys;
    },
    refetchInterval: SLOW_MS,
    enabled: kind === 'admin',
  });
}

/** More are not asked for; the command line lists them all. */
export const MOST_KEYS = 5_000;

export function useKey(id: string) {
  return useQuery({
    queryKey: ['keys', id],
    queryFn: ({ signal }) => call<KeyRow>(`manage/keys/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: SLOW_MS,
  });
}

export function useGroups() {
  return useQuery({
    queryKey: ['groups'],
    queryFn: ({ signal }) => call<{ data: Group[] }>('manage/groups', { signal }),
  });
}

export function useWallet() {
  const { kind } = useSession();
  return useQuery({
    queryKey: ['wallet'],
    queryFn: ({ signal }) => call<Wallet>('manage/wallet', { signal }),
    refetchInterval: LIVE_MS,
    enabled: kind === 'admin',
  });
}

/** The ledger as the wallet sees it, newest first, page after page. */
export function useTransactions(kind: string) {
  return useInfiniteQuery({
    queryKey: ['wallet', 'transactions', kind],
    queryFn: ({ signal, pageParam }) =>
      call<Page<Transaction>>(`manage/wallet/transactions?${queryText({ kind, limit: '50', cursor: pageParam })}`, {
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: SLOW_MS,
    placeholderData: keepPreviousData,
  });
}

/** Changes something through the management API; what depends on the named queries is asked again. */
export function useManagement<Answer, Input>(
  request: (input: Input) => { method: 'POST' | 'PUT' | 'DELETE'; path: string; body?: unknown },
  changes: string[],
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: Input) => {
      const { method, path, body } = request(input);
      return call<Answer>(`manage/${path}`, { method, ...(body === undefined ? {} : { body }) });
    },
    onSuccess: () => Promise.all(changes.map((name) => client.invalidateQueries({ queryKey: [name] }))),
  });
}

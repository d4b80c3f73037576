import { type QueryClient, skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect } from 'react';
import { call, SESSION_REFUSED } from './http.ts';
import type { SessionInfo } from './rows.ts';

const SESSION_KEY = ['session'];
const ENDED_KEY = [...SESSION_KEY, 'ended'];
const RETRY_MS = 3_000;

/** Whoever was logged in is not any more: what still runs for them is to end. */
export const SESSION_OVER = 'bytespike:session-over';

interface SessionState {
  /** Undefined while that is asked, null when nobody is. */
  session: SessionInfo | null | undefined;
  /** Nobody is any more, and nobody logged out here. */
  ended: boolean;
  error: Error | null;
}

/** Who is logged in. */
export function useSessionState(): SessionState {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => call<SessionInfo | null>('session', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    // Until there is an answer nothing else can be shown.
    refetchInterval: ({ state }) => (state.data === undefined ? RETRY_MS : false),
  });
  const { data: ended } = useQuery({ queryKey: ENDED_KEY, queryFn: skipToken, initialData: false });
  useEffect(() => {
    let asking = false;
    const ask = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      await askAgain(client);
      asking = false;
    };
    // All tabs have one session: another tab may have logged out, or in as somebody else.
    window.addEventListener('focus', ask);
    window.addEventListener(SESSION_REFUSED, ask);
    return () => {
      window.removeEventListener('focus', ask);
      window.removeEventListener(SESSION_REFUSED, ask);
    };
  }, [client]);
  return { session: data, ended: ended === true, error };
}

const Current = createContext<SessionInfo | undefined>(undefined);

export function SessionProvider({ session, children }: { session: SessionInfo; children: ReactNode }): ReactNode {
  return <Current value={session}>{children}</Current>;
}

/** The session within the pages, where there always is one. */
export function useSession(): SessionInfo {
  const session = use(Current);
  if (session === undefined) throw new Error('a page was drawn without a session');
  return session;
}

export function useLogIn(): (secret: string) => Promise<void> {
  const client = useQueryClient();
  return async (secret) => {
    const session = await call<SessionInfo>('session', { method: 'POST', body: { secret } });
    become(client, session);
  };
}

export function useLogOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await call('session', { method: 'DELETE' });
    become(client, null);
  };
}

/** Becomes what the gateway says that the session is. Without an answer it stays what it was. */
async function askAgain(client: QueryClient): Promise<void> {
  const changes = (): number | undefined => client.getQueryState(SESSION_KEY)?.dataUpdateCount;
  const before = changes();
  const session = await call<SessionInfo | null>('session').catch(() => undefined);
  // Who logged in or out here meanwhile knows better: the answer may be older than that.
  if (session === undefined || changes() !== before) return;
  const former = client.getQueryData<SessionInfo | null>(SESSION_KEY);
  if (session === null && former === null) return;
  become(client, session);
  client.setQueryData(ENDED_KEY, session === null && former !== undefined);
}

/** What was seen in another session is forgotten. The session itself stays under observation: the page hangs on it. */
function become(client: QueryClient, session: SessionInfo | null): void {
  const former = client.getQueryData<SessionInfo | null>(SESSION_KEY);
  client.setQueryData(SESSION_KEY, session);
  client.setQueryData(ENDED_KEY, false);
  if (former !== undefined && identity(former) === identity(session)) return;
  window.dispatchEvent(new Event(SESSION_OVER));
  const forget = (): void => client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  // Pages that are drawn once more on their way out would ask for it anew, and nobody is logged in.
  if (session === null) setTimeout(forget);
  else forget();
}

/** Who it is: what another one has on the page is not to be seen. */
export function identity(session: SessionInfo | null): string {
  return session === null ? '' : [session.kind, session.key_id, session.name].join(' ');
}

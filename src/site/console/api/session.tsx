import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect } from 'react';
import { call, SESSION_REFUSED } from './http.ts';
import type { SessionInfo } from './rows.ts';

const SESSION_KEY = ['session'];
const RETRY_MS = 3_000;

/** Who is logged in: undefined while that is asked, null when nobody is. */
export function useSessionState(): { session: SessionInfo | null | undefined; error: Error | null } {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => call<SessionInfo | null>('session', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    // Until there is an answer nothing else can be shown.
    refetchInterval: ({ state }) => (state.data === undefined ? RETRY_MS : false),
  });
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
  return { session: data, error };
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
  const session = await call<SessionInfo | null>('session').catch(() => undefined);
  if (session !== undefined) become(client, session);
}

/** What was seen in another session is forgotten. The session itself stays under observation: the page hangs on it. */
function become(client: QueryClient, session: SessionInfo | null): void {
  const former = client.getQueryData<SessionInfo | null>(SESSION_KEY);
  client.setQueryData(SESSION_KEY, session);
  if (former !== undefined && identity(former) === identity(session)) return;
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
}

/** Who it is: what another one has on the page is not to be seen. */
export function identity(session: SessionInfo | null): string {
  return session === null ? '' : [session.kind, session.key_id, session.name].join(' ');
}

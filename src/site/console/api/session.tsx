import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useEffect } from 'react';
import { call, SESSION_OVER } from './http.ts';
import type { SessionInfo } from './rows.ts';

const SESSION_KEY = ['session'];

/** Who is logged in: undefined while that is asked, null when nobody is. */
export function useSessionState(): { session: SessionInfo | null | undefined; error: Error | null } {
  const client = useQueryClient();
  const { data, error } = useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => call<SessionInfo | null>('session', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => {
    const onOver = (): void => become(client, null);
    window.addEventListener(SESSION_OVER, onOver);
    return () => window.removeEventListener(SESSION_OVER, onOver);
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

/** What was seen in another session is forgotten. The session itself stays under observation: the page hangs on it. */
function become(client: QueryClient, session: SessionInfo | null): void {
  client.setQueryData(SESSION_KEY, session);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
}

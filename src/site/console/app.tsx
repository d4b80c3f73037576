import { type ReactNode, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { SessionProvider, useSessionState } from './api/session.tsx';
import { Frame } from './frame.tsx';
import { LogInPage } from './pages/log-in.tsx';
import { Page } from './parts/page.tsx';
import { Empty, Failed, Loading } from './parts/states.tsx';

export function App(): ReactNode {
  const { session, error } = useSessionState();
  if (session === undefined) {
    return (
      <main className="centre">
        {error === null ? <Loading what="the console" lines={2} /> : <Failed error={error} />}
      </main>
    );
  }
  if (session === null) return <LogInPage />;
  return (
    <SessionProvider session={session}>
      <Frame>
        <Suspense fallback={<Loading what="the page" />}>
          <Switch>
            <Route path="/log-in">
              <Redirect to="/" replace />
            </Route>
            <Route>
              <Page title="Not found">
                <Empty title="There is nothing at this address.">The menu leads to every page.</Empty>
              </Page>
            </Route>
          </Switch>
        </Suspense>
      </Frame>
    </SessionProvider>
  );
}

import { lazy, type ReactNode, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { identity, SessionProvider, useSessionState } from './api/session.tsx';
import { Frame } from './frame.tsx';
import { LogInPage } from './pages/log-in.tsx';
import { Boundary } from './parts/boundary.tsx';
import { Page } from './parts/page.tsx';
import { Empty, Failed, Loading } from './parts/states.tsx';

// Each page is loaded when it is first opened.
const Overview = lazy(() => import('./pages/overview/overview.tsx'));
const Requests = lazy(() => import('./pages/requests/requests.tsx'));
const RequestDetail = lazy(() => import('./pages/requests/request-detail.tsx'));
const Keys = lazy(() => import('./pages/keys/keys.tsx'));
const NewKey = lazy(() => import('./pages/keys/new-key.tsx'));
const KeyDetail = lazy(() => import('./pages/keys/key-detail.tsx'));
const EditKey = lazy(() => import('./pages/keys/edit-key.tsx'));
const Limits = lazy(() => import('./pages/limits.tsx'));
const Models = lazy(() => import('./pages/models/models.tsx'));
const WalletPage = lazy(() => import('./pages/wallet/wallet.tsx'));
const Playground = lazy(() => import('./pages/playground/playground.tsx'));

export function App(): ReactNode {
  const { session, ended, error } = useSessionState();
  const [location] = useLocation();
  if (session === undefined) {
    return (
      <main className="centre">
        {error === null ? (
          <Loading what="the console" lines={2} />
        ) : (
          <Page title="Not loaded">
            <Failed error={error} />
          </Page>
        )}
      </main>
    );
  }
  if (session === null) return <LogInPage ended={ended} />;
  const admin = session.kind === 'admin';
  return (
    <SessionProvider key={identity(session)} session={session}>
      <Frame>
        <Boundary key={location}>
          <Suspense fallback={<Loading what="the page" />}>
            <Switch>
              <Route path="/" component={Overview} />
              <Route path="/requests" component={Requests} />
              <Route path="/requests/:id">{({ id }) => <RequestDetail id={id} />}</Route>
              {admin ? <Route path="/keys" component={Keys} /> : null}
              {admin ? <Route path="/keys/new" component={NewKey} /> : null}
              {admin ? <Route path="/keys/:id/edit">{({ id }) => <EditKey id={id} />}</Route> : null}
              {admin ? <Route path="/keys/:id">{({ id }) => <KeyDetail id={id} />}</Route> : null}
              {admin ? <Route path="/wallet" component={WalletPage} /> : null}
              {admin ? null : <Route path="/limits" component={Limits} />}
              <Route path="/models" component={Models} />
              <Route path="/playground" component={Playground} />
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
        </Boundary>
      </Frame>
    </SessionProvider>
  );
}

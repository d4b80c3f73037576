import './styles/console.css';
import 'uplot/dist/uPlot.min.css';
// Named here so that the bundle has it: the page refers to it as its icon.
import './icon.svg';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { ApiError } from './api/http.ts';
import { App } from './app.tsx';
import { Toasts } from './parts/toasts.tsx';

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // What the gateway refuses it refuses again.
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || error.status >= 500),
    },
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    {/* Style elements in the page are forbidden by its policy; the style sheet has what the components need. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <Router base="/console">
          <Toasts>
            <App />
          </Toasts>
        </Router>
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);

import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useKeys, useUnbilledRequests, useUsagePages } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { Live } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { useNow } from '../../parts/clock.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { RequestFilterBar } from './filter-bar.tsx';
import { filterEntries, readFilters, sinceOf } from './filters.ts';
import { mergeRequests } from './request-item.ts';
import { RequestTable } from './request-table.tsx';

const MINUTE_MS = 60_000;

/** Every request, newest first: those of the ledger, and among them what failed since the gateway's start. */
export default function Requests(): ReactNode {
  const [params, setParams] = useSearchParams();
  const { kind } = useSession();
  const read = readFilters(params);
  // A key sees itself alone, whatever the address says that somebody sent it.
  const filters = kind === 'admin' ? read : { ...read, key: '' };
  const { period, key, model, outcome } = filters;
  // Asked once for the list, so that its pages stay; what has left the period meanwhile is left out below.
  const since = useMemo(() => sinceOf(period, Date.now()), [period]);
  const shownSince = sinceOf(period, useNow(MINUTE_MS));
  const billed = useUsagePages({
    api_key_id: key,
    model,
    since: since === 0 ? undefined : new Date(since).toISOString(),
  });
  const unbilled = useUnbilledRequests();
  const client = useQueryClient();
  const keyNames = new Map(useKeys().data?.map(({ id, name }) => [id, name]));
  const onlyFailed = outcome === 'failed';
  const more = !onlyFailed && billed.hasNextPage;
  const older = (billed.data?.pages.length ?? 0) > 1;
  return (
    <Page
      title="Requests"
      lead={older ? 'Paused while older ones are shown' : <Live queries={[billed, unbilled]}> · newest first</Live>}
      actions={
        older ? (
          <Button onClick={() => void client.resetQueries({ queryKey: ['usage', 'pages'] })}>Back to the newest</Button>
        ) : null
      }
    >
      <Card className="requests">
        <RequestFilterBar
          filters={filters}
          onChange={(next) => setParams(new URLSearchParams(next), { replace: true })}
        />
        <Loaded query={billed} what="the requests" lines={10}>
          {({ pages }) => (
            <Loaded query={unbilled} what="the requests" lines={10}>
              {(failed) => {
                const rows = onlyFailed ? [] : pages.flatMap(({ data }) => data);
                const items = mergeRequests(rows, failed, { key, model, outcome, since: shownSince }, more);
                const narrowed = filterEntries(filters).length > 0;
                return (
                  <>
                    {items.length > 0 ? (
                      <RequestTable items={items} keyNames={keyNames} />
                    ) : narrowed ? (
                      <Empty title={more ? 'None of the newest ones fits.' : 'No request fits.'}>
                        {more ? 'Older ones may.' : <Button onClick={() => setParams({})}>Clear the filters</Button>}
                      </Empty>
                    ) : (
                      <NoRequests />
                    )}
                    {more ? (
                      <div className="more">
                        <Button busy={billed.isFetchingNextPage} onClick={() => void billed.fetchNextPage()}>
                          Show older ones
                        </Button>
                      </div>
                    ) : (
                      <p className="faint small requests-note">
                        Requests that failed, or whose client left before anything was owed, are kept in memory: the
                        newest 500 of all keys since the gateway’s start.
                      </p>
                    )}
                  </>
                );
              }}
            </Loaded>
          )}
        </Loaded>
      </Card>
    </Page>
  );
}

function NoRequests(): ReactNode {
  return (
    <Empty title="There was no request yet.">
      Send one from the playground, or as the <a href="/docs/guides/quickstart">quickstart</a> shows. It appears here by
      itself.
    </Empty>
  );
}

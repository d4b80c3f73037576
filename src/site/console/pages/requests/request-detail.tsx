import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useKeys, useRecentRequest, useUsageRow } from '../../api/queries.ts';
import type { RecentRequest, UsageRow } from '../../api/rows.ts';
import { useSession } from '../../api/session.tsx';
import { Badge } from '../../parts/badge.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Duration, Moment, Tokens, Usd } from '../../parts/figures.tsx';
import { protocolLabel } from '../../parts/format.ts';
import { BackIcon } from '../../parts/icons.tsx';
import { Card, Page, Stat } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { CostCard } from './cost-card.tsx';
import { OutcomeBadge } from './outcome-badge.tsx';
import { RoadCard } from './road-card.tsx';

/** One request: what the ledger says of it, and what is remembered of its road. Either may know nothing. */
export default function RequestDetail({ id }: { id: string }): ReactNode {
  const row = useUsageRow(id);
  const recent = useRecentRequest(id);
  return (
    <>
      <Link href="/requests" className="back-link">
        <BackIcon /> Requests
      </Link>
      <Page
        title="Request"
        lead={
          <span className="request-id">
            <code>{id}</code>
            <CopyButton text={id} what="the id" />
          </span>
        }
      >
        <Loaded query={row} what="the request" lines={8}>
          {(billed) => (
            <Loaded query={recent} what="the request" lines={8}>
              {(road) => (billed === null && road === null ? <Unknown /> : <Detail billed={billed} road={road} />)}
            </Loaded>
          )}
        </Loaded>
      </Page>
    </>
  );
}

function Unknown(): ReactNode {
  return (
    <Card>
      <Empty title="No such request is known.">
        It appears here by itself if it is still running. One that failed is forgotten when the gateway starts again.
      </Empty>
    </Card>
  );
}

interface Known {
  billed: UsageRow | null;
  road: RecentRequest | null;
}

function Detail({ billed, road }: Known): ReactNode {
  const failed = road?.outcome === 'failed';
  // As the list has it, before a restart and after it; what is remembered counts the charge too.
  const durationMs = billed?.duration_ms ?? road?.durationMs ?? 0;
  const ttftMs = road?.ttftMs ?? billed?.ttft_ms ?? undefined;
  const stream = billed?.stream ?? road?.stream ?? false;
  return (
    <>
      {failed ? <Failure road={road} /> : null}
      <dl className="stats">
        <Stat
          name="Outcome"
          value={
            <OutcomeBadge
              outcome={outcomeOf({ billed, road })}
              status={road?.status ?? billed?.status ?? 0}
              errorCode={undefined}
            />
          }
          note={noteOf({ billed, road })}
        />
        <Stat
          name="Cost"
          value={billed === null ? <span className="faint">nothing</span> : <Usd value={billed.cost_usd} />}
          note={billed === null ? 'not billed' : 'exact below'}
        />
        <Stat
          name="Tokens"
          value={
            billed === null ? (
              <span className="faint">–</span>
            ) : (
              <>
                <Tokens value={billed.input_tokens + billed.cache_read_tokens + billed.cache_write_tokens} /> →{' '}
                <Tokens value={billed.output_tokens} />
              </>
            )
          }
          note="input → output"
        />
        <Stat
          name="First token"
          value={<Duration ms={ttftMs} />}
          note={ttftMs !== undefined ? 'streamed' : stream ? 'none came' : 'not streamed'}
        />
        <Stat name="Total" value={<Duration ms={durationMs} />} />
      </dl>
      <RoadCard steps={road?.steps ?? []} ttftMs={ttftMs} durationMs={durationMs} failed={failed} />
      <div className="cards">
        <Facts billed={billed} road={road} />
        {billed === null ? null : <CostCard row={billed} />}
      </div>
    </>
  );
}

function outcomeOf({ billed, road }: Known): 'answered' | 'left' | 'failed' {
  const word = road?.outcome ?? billed?.ending;
  return word === 'failed' ? 'failed' : word === 'complete' ? 'answered' : 'left';
}

function noteOf(known: Known): string {
  const outcome = outcomeOf(known);
  if (outcome === 'answered') return 'answered in full';
  if (outcome === 'failed') return 'failed';
  return known.billed === null ? 'before anything was owed' : 'billed as far as it came';
}

function Failure({ road: { errorCode, errorMessage } }: { road: RecentRequest }): ReactNode {
  return (
    <div className="notice bad request-failure">
      <p>
        <strong>{errorCode}</strong> {errorMessage}
      </p>
      {errorCode === undefined ? null : (
        <a href={`/docs/guides/errors#${encodeURIComponent(errorCode)}`}>What it means</a>
      )}
    </div>
  );
}

function Facts({ billed, road }: Known): ReactNode {
  const model = billed?.model ?? road?.model;
  const upstream = billed?.upstream ?? road?.upstream;
  const protocol = billed?.protocol ?? road?.protocol ?? '';
  const stream = billed?.stream ?? road?.stream ?? false;
  return (
    <Card title="What happened">
      <dl className="facts">
        <dt>Started</dt>
        <dd>
          <Moment at={road?.at ?? billed?.started_at ?? null} form="full" />
        </dd>
        <KeyFact keyId={billed?.api_key_id ?? road?.apiKeyId} />
        <dt>Protocol</dt>
        <dd>
          {protocolLabel(protocol)}, {stream ? 'streamed' : 'in one piece'}
        </dd>
        {road === null || road.asked === '' || road.asked === model ? null : (
          <>
            <dt>Asked for</dt>
            <dd>
              <code>{road.asked}</code>
            </dd>
          </>
        )}
        <dt>Model</dt>
        <dd>
          {model === undefined ? (
            <span className="faint">none was found</span>
          ) : (
            <a href={`/docs/models/${encodeURIComponent(model)}`}>{model}</a>
          )}
        </dd>
        <dt>Upstream</dt>
        <dd>
          {upstream === undefined ? (
            <span className="faint">none was asked</span>
          ) : (
            <>
              {upstream}, as <code>{billed?.upstream_model ?? road?.upstreamModel}</code>
              {(billed?.simulated ?? road?.simulated) ? (
                <>
                  {' '}
                  <Badge tone="warn">simulated</Badge>
                </>
              ) : null}
            </>
          )}
        </dd>
        {road === null ? null : <RoadFacts road={road} />}
      </dl>
    </Card>
  );
}

function KeyFact({ keyId }: { keyId: string | undefined }): ReactNode {
  const { kind } = useSession();
  const name = useKeys().data?.find(({ id }) => id === keyId)?.name;
  if (kind !== 'admin') return null;
  return (
    <>
      <dt>Key</dt>
      <dd>
        {keyId === undefined ? (
          <span className="faint">none that is known</span>
        ) : (
          <Link href={`/keys/${encodeURIComponent(keyId)}`}>
            <bdi>{name ?? keyId}</bdi>
          </Link>
        )}
      </dd>
    </>
  );
}

function RoadFacts({ road: { lane, upstream, changed, emulated } }: { road: RecentRequest }): ReactNode {
  return (
    <>
      {upstream === undefined ? null : (
        <>
          <dt>Lane</dt>
          <dd>
            {lane === 'express' ? 'express: the upstream speaks the protocol' : 'translated between the protocols'}
          </dd>
        </>
      )}
      <dt>Changed</dt>
      <dd>
        <Names names={changed} none="nothing that the client asked for" />
      </dd>
      <dt>Emulated</dt>
      <dd>
        <Names names={emulated} none="nothing" />
      </dd>
    </>
  );
}

function Names({ names, none }: { names: string[]; none: string }): ReactNode {
  if (names.length === 0) return <span className="faint">{none}</span>;
  return (
    <span className="badges">
      {names.map((name) => (
        <Badge key={name} tone="info">
          {name}
        </Badge>
      ))}
    </span>
  );
}

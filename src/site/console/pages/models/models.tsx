import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { tokenLabel } from '../../../../models/guards/alternatives.ts';
import { priceText } from '../../../price-text.ts';
import { useFactorNote, useModels } from '../../api/queries.ts';
import type { ModelRow } from '../../api/rows.ts';
import { Badge, StatusBadge } from '../../parts/badge.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Moment } from '../../parts/figures.tsx';
import { count, percent, protocolLabel } from '../../parts/format.ts';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { requestsPath } from '../requests/filters.ts';

/** Every model of the catalog that the session reaches: who answers for it, what it costs and takes, and what went wrong lately. */
export default function Models(): ReactNode {
  const models = useModels();
  const factor = useFactorNote();
  return (
    <Page
      title="Models"
      lead={`Prices are in USD per 1M tokens${factor}. Calls and errors are those since the gateway's last start.`}
      actions={
        <a className="button" href="/docs/pricing">
          Rate card
        </a>
      }
    >
      <Loaded query={models} what="the models" lines={12}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty title="There is no model that you may use." />
          ) : (
            <ul className="models">
              {data.map((model) => (
                <li key={model.id}>
                  <ModelCard model={model} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Page>
  );
}

const STATES: Record<ModelRow['state'], { tone: 'good' | 'warn' | 'plain'; text: string; title: string }> = {
  served: { tone: 'good', text: 'Served', title: 'A vendor answers for this model.' },
  simulated: { tone: 'warn', text: 'Simulated', title: 'The built-in simulator answers for this model.' },
  'not served': { tone: 'plain', text: 'Not served', title: 'No upstream for this model is configured.' },
};

function ModelCard({ model }: { model: ModelRow }): ReactNode {
  const { id, name, vendor, state, price, upstreams, native, recent } = model;
  const { tone, text, title } = STATES[state];
  return (
    <article className="card model" aria-labelledby={`model-${id}`}>
      <header className="model-head">
        <div>
          <h2 id={`model-${id}`}>
            <a href={`/docs/models/${encodeURIComponent(id)}`}>{name}</a>
          </h2>
          <p className="faint small">{vendor}</p>
        </div>
        <Badge tone={tone} title={title}>
          {text}
        </Badge>
      </header>
      <p className="model-id">
        <code>{id}</code>
        <CopyButton text={id} what={`the name ${id}`} />
      </p>
      <dl className="model-prices">
        <Price name="Input" value={price.input} />
        <Price name="Cache read" value={price.cache_read} />
        <Price name="Output" value={price.output} />
      </dl>
      <dl className="facts">
        <dt>Window</dt>
        <dd>
          <Size tokens={model.window} /> tokens
        </dd>
        <dt>Output</dt>
        <dd>
          up to <Size tokens={model.max_output} /> tokens
        </dd>
        <dt>Answered by</dt>
        <dd>{upstreams.length === 0 ? <span className="faint">nobody</span> : upstreams.join(', ')}</dd>
        {native.length === 0 ? null : (
          <>
            <dt>Speaks</dt>
            <dd>
              {native.map(protocolLabel).join(', ')}
              {native.length === 1 ? '; the other is translated' : ''}
            </dd>
          </>
        )}
        <dt>Calls</dt>
        <dd>
          <Link href={requestsPath({ model: id })}>{count(recent.calls)}</Link>
          {recent.errors === 0 ? null : `, ${count(recent.errors)} failed (${percent(recent.errors / recent.calls)})`}
        </dd>
      </dl>
      <p className="badges">
        {model.capabilities.map((capability) => (
          <Badge key={capability}>{CAPABILITIES[capability] ?? capability.replaceAll('_', ' ')}</Badge>
        ))}
      </p>
      <LastErrors model={model} />
    </article>
  );
}

/** As people call them who do not read cards. */
const CAPABILITIES: Record<string, string> = {
  tool_use: 'tools',
  parallel_tool_use: 'parallel tools',
  json_object: 'JSON mode',
  json_schema: 'JSON schema',
  thinking: 'reasoning',
  cache_control: 'cache control',
  logprobs: 'log probabilities',
};

/** A window as the documentation names it; all its digits on hover. */
function Size({ tokens }: { tokens: number }): ReactNode {
  return (
    <span className="figure" title={`${count(tokens)} tokens`}>
      {tokenLabel(tokens)}
    </span>
  );
}

function Price({ name, value }: { name: string; value: string }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="figure" title={`${value} USD per 1M tokens`}>
        {priceText(value)}
      </dd>
    </div>
  );
}

function LastErrors({ model: { last_errors: errors } }: { model: ModelRow }): ReactNode {
  if (errors.length === 0) return null;
  return (
    <section className="model-errors">
      <h3>Last errors</h3>
      <ul>
        {errors.map(({ request_id, at, status, code, message, count: times }) => (
          <li key={request_id}>
            <StatusBadge status={status} />
            <div>
              <Link href={`/requests/${request_id}`}>{code}</Link>{' '}
              <span className="faint">
                {times === 1 ? '' : `${count(times)} times, last `}
                <Moment at={at} form="relative" />
              </span>
              <p className="faint small" title={message}>
                {message}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

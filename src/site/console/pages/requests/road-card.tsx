import type { ReactNode } from 'react';
import { Duration } from '../../parts/figures.tsx';
import { Card } from '../../parts/page.tsx';
import { lengthOf, type Span, spansOf } from './road.ts';

/** A request's steps as bars on one line of time. */
export function RoadCard(props: Parameters<typeof spansOf>[0]): ReactNode {
  const spans = spansOf(props);
  const length = lengthOf(spans);
  return (
    <Card title="Road">
      <ol className="road">
        {spans.map((span) => (
          <li key={span.name} className={`road-step ${span.kind}`}>
            <span className="road-name">{span.name}</span>
            <Bar span={span} length={length} />
            <span className="road-time">
              {span.kind === 'moment' ? (
                <>
                  <span className="faint">at </span>
                  <Duration ms={span.to} />
                </>
              ) : (
                <Duration ms={span.to - span.from} />
              )}
            </span>
          </li>
        ))}
      </ol>
      {props.steps.length === 0 ? (
        <p className="faint small road-note">
          The single steps are kept in memory, for the newest 500 requests since the gateway’s start.
        </p>
      ) : (
        <p className="road-key faint small" aria-hidden="true">
          <span>gateway</span>
          <span className="road-key-upstream">upstream</span>
        </p>
      )}
    </Card>
  );
}

function Bar({ span: { from, to }, length }: { span: Span; length: number }): ReactNode {
  const share = (ms: number): string => `${(ms / length) * 100}%`;
  return (
    <span className="road-track" aria-hidden="true">
      <span className="road-bar" style={{ insetInlineStart: share(from), width: share(to - from) }} />
    </span>
  );
}

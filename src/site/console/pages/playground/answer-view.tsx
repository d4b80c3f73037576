import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Duration, Usd } from '../../parts/figures.tsx';
import { count, protocolLabel } from '../../parts/format.ts';
import { AnswerText, CallView, prettyJson } from './answer-text.tsx';
import type { Answer, AnswerFailure, AnswerPart } from './conversation.ts';

/** An answer: its reasoning folded, its text, its calls, and what it took. All of it is text; none of it is markup. */
export function AnswerView({ answer, onAgain }: { answer: Answer; onAgain: (() => void) | undefined }): ReactNode {
  const { parts, state, failure, model } = answer;
  const text = parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
  return (
    <article className="said answer" aria-label={`Answer of ${model}`} aria-busy={state === 'running'}>
      <header className="answer-head">
        <strong>{model}</strong>
        <span className="faint">{protocolLabel(answer.protocol)}</span>
        {answer.upstream === 'simulator' ? <Badge tone="warn">simulated</Badge> : null}
      </header>
      {parts.length === 0 && state === 'running' ? (
        <p className="faint waiting">
          <span className="spinner" aria-hidden="true" /> Waiting for the first token…
        </p>
      ) : null}
      {parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts are only added at the end
        <PartView key={at} part={part} last={at === parts.length - 1} running={state === 'running'} />
      ))}
      {state === 'done' && parts.length === 0 ? <p className="faint">The answer is empty.</p> : null}
      {failure === undefined ? null : <FailureView failure={failure} />}
      <Notes answer={answer} />
      {state === 'running' ? null : (
        <footer className="answer-foot">
          <Figures answer={answer} />
          <span className="answer-actions">
            {text === '' ? null : <CopyButton text={text} what="the answer" />}
            {onAgain === undefined ? null : (
              <Button look="quiet" onClick={onAgain}>
                {state === 'failed' ? 'Try again' : 'Ask again'}
              </Button>
            )}
          </span>
        </footer>
      )}
    </article>
  );
}

function PartView({ part, last, running }: { part: AnswerPart; last: boolean; running: boolean }): ReactNode {
  if (part.kind === 'text') return <AnswerText text={part.text} />;
  if (part.kind === 'call') return <CallView name={part.name} input={prettyJson(part.input)} />;
  const thinking = last && running;
  return (
    <details className="reasoning">
      <summary className="reasoning-summary">
        {thinking ? <span className="spinner" aria-hidden="true" /> : null}
        {thinking ? 'Reasoning…' : 'Reasoning'}
        <span className="reasoning-size"> {count(part.text.length)} characters</span>
      </summary>
      <p className="prose">{part.text === '' ? 'The model keeps its reasoning to itself.' : part.text}</p>
    </details>
  );
}

function FailureView({ failure }: { failure: AnswerFailure }): ReactNode {
  const { message, status, code } = failure;
  return (
    <div className="notice bad answer-failure" role="alert">
      <p>{message}</p>
      <code>{[status, code].filter((word) => word !== undefined).join(' ')}</code>
    </div>
  );
}

/** Ends that are no failure but not the ordinary one either, and what the gateway did to the request. */
function Notes({ answer }: { answer: Answer }): ReactNode {
  const { state, stopReason = '', changed, emulated } = answer;
  const notes = [
    ...(state === 'stopped' ? ['Stopped by you.'] : []),
    ...(['length', 'max_tokens'].includes(stopReason) ? ['Cut at max tokens: raise the limit to read on.'] : []),
    ...(['content_filter', 'refusal'].includes(stopReason) ? ['The model refused to go on.'] : []),
    ...(changed.length > 0 ? [`Changed by the gateway for this upstream: ${changed.join(', ')}.`] : []),
    ...(emulated.length > 0 ? [`Put into the prompt, for the upstream does not have it: ${emulated.join(', ')}.`] : []),
  ];
  return notes.length === 0 ? null : (
    <ul className="answer-notes faint">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

function Figures({ answer }: { answer: Answer }): ReactNode {
  const { costUsd, tokens, firstTokenMs, durationMs, requestId } = answer;
  return (
    <dl className="answer-figures">
      <Figure name="Cost">{cost(costUsd)}</Figure>
      {tokens === undefined ? null : (
        <Figure name="Tokens">
          <span
            className="figure"
            title={`${count(tokens.input)} tokens of input, ${count(tokens.cached)} of them from a cache; ${count(tokens.output)} tokens of output, reasoning included`}
          >
            {count(tokens.input)} in{tokens.cached > 0 ? ` (${count(tokens.cached)} cached)` : ''},{' '}
            {count(tokens.output)} out
          </span>
        </Figure>
      )}
      {firstTokenMs === undefined ? null : (
        <Figure name="First token">
          <Duration ms={firstTokenMs} />
        </Figure>
      )}
      <Figure name="Total">
        <Duration ms={durationMs} />
      </Figure>
      {requestId === undefined ? null : (
        <Figure name="Request">
          <Link href={`/requests/${requestId}`}>details</Link>
        </Figure>
      )}
    </dl>
  );
}

function cost(costUsd: Answer['costUsd']): ReactNode {
  if (costUsd === undefined) return <span className="faint">counting…</span>;
  return costUsd === 'none' ? <span className="faint">nothing billed</span> : <Usd value={costUsd} />;
}

function Figure({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

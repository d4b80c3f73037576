import { Fragment, type ReactNode } from 'react';
import { parseJson } from '../../../../protocols/json.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { codeParts } from './code-parts.ts';

/** What a model wrote, as text. JSON, and code between fences, stand in a box; nothing else is given a meaning. */
export function AnswerText({ text }: { text: string }): ReactNode {
  if (/^\s*[{[]/.test(text) && typeof parseJson(text) === 'object') return <Code text={text.trim()} />;
  return codeParts(text).map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts are only added at the end
    <Fragment key={at}>{part.code ? <Code text={part.text} /> : <p className="prose">{part.text}</p>}</Fragment>
  ));
}

function Code({ text }: { text: string }): ReactNode {
  return (
    <div className="code">
      <div className="code-actions">
        <CopyButton text={text} what="this code" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to take the focus */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

export function CallView({ name, input }: { name: string; input: string }): ReactNode {
  return (
    <div className="call">
      <p className="call-name">
        Calls <code>{name}</code>
      </p>
      <pre className="prose mono">{input}</pre>
    </div>
  );
}

/** JSON with a line for each field; text that is none, as it half arrived, stays as it is. */
export function prettyJson(text: string): string {
  if (text.trim() === '') return '{}';
  const value = parseJson(text);
  return value === undefined ? text : JSON.stringify(value, undefined, 2);
}

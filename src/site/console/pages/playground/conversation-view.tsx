import { type ReactNode, useEffect, useLayoutEffect, useRef } from 'react';
import { Button } from '../../parts/button.tsx';
import { AnswerView } from './answer-view.tsx';
import type { Turn } from './conversation.ts';
import type { PlaygroundRoom } from './playground-room.ts';
import type { Settings } from './settings.ts';

const SUGGESTIONS = [
  { text: 'Explain prompt caching in three sentences.', tools: false },
  { text: 'Which is larger, 9.11 or 9.9? Show how you know.', tools: false },
  { text: 'What is the weather in Oslo and in Lima?', tools: true },
];

/** What has been said, oldest first; the newest words stay in sight while they come. */
export function ConversationView({
  room,
  turns,
  settings,
  wrong,
  onSuggest,
}: {
  room: PlaygroundRoom;
  turns: readonly Turn[];
  settings: Settings;
  /** They are not fit to be sent. */
  wrong: boolean;
  onSuggest: (text: string) => void;
}): ReactNode {
  useFollow(turns);
  if (turns.length === 0) {
    const suggest = ({ text, tools }: (typeof SUGGESTIONS)[number]): void => {
      if (tools) room.choose({ useTools: true });
      onSuggest(text);
    };
    return (
      <div className="conversation-empty">
        <p className="empty-title">Say something to {settings.model || 'a model'}.</p>
        <ul>
          {SUGGESTIONS.map((suggestion) => (
            <li key={suggestion.text}>
              <Button className="suggestion" onClick={() => suggest(suggestion)}>
                {suggestion.text}
              </Button>
            </li>
          ))}
        </ul>
      </div>
    );
  }
  return (
    <div className="conversation">
      <ol>
        {turns.map((turn, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added at the end
          <li key={at}>
            <TurnView turn={turn} onAgain={at === turns.length - 1 && !wrong ? () => void room.again() : undefined} />
          </li>
        ))}
      </ol>
      <p className="visually-hidden" role="status">
        {statusOf(turns)}
      </p>
    </div>
  );
}

function TurnView({ turn, onAgain }: { turn: Turn; onAgain: (() => void) | undefined }): ReactNode {
  if (turn.role === 'assistant') return <AnswerView answer={turn} onAgain={onAgain} />;
  if (turn.role === 'user') {
    return (
      <article className="said question" aria-label="You">
        <p className="prose">{turn.text}</p>
      </article>
    );
  }
  return (
    <article className="said results" aria-label="Tool results">
      {turn.results.map(({ callId, name, text }) => (
        <div className="call" key={callId}>
          <p className="call-name">
            Result of <code>{name}</code>
          </p>
          <pre className="prose mono">{text === '' ? '(empty)' : text}</pre>
        </div>
      ))}
    </article>
  );
}

function statusOf(turns: readonly Turn[]): string {
  const last = turns.at(-1);
  if (last?.role !== 'assistant') return '';
  return { running: 'The answer is coming.', done: 'The answer is complete.', stopped: 'Stopped.', failed: '' }[
    last.state
  ];
}

/** Follows the end of what comes, unless the reader has scrolled up to read. */
function useFollow(turns: readonly Turn[]): void {
  const follows = useRef(true);
  useEffect(() => {
    const onScroll = (): void => {
      const root = document.documentElement;
      follows.current = root.scrollHeight - root.scrollTop - window.innerHeight < NEAR_PX;
    };
    window.addEventListener('scroll', onScroll, { passive: true });
    return () => window.removeEventListener('scroll', onScroll);
  }, []);
  // Before it is drawn, or what is below jumps with every word and back, and nobody hits the button that stops it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: more words are what it waits for
  useLayoutEffect(() => {
    // To the end of the page: below what was said is only the composer, which may be of any height.
    if (follows.current) window.scrollTo(0, document.documentElement.scrollHeight);
  }, [turns]);
}

const NEAR_PX = 160;

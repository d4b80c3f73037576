import { type FormEvent, type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { TextArea } from '../../parts/field.tsx';
import { type CallPart, openCalls, type Turn } from './conversation.ts';
import type { PlaygroundRoom } from './playground-room.ts';
import { EXAMPLE_RESULT } from './settings.ts';

interface ComposerProps {
  room: PlaygroundRoom;
  turns: readonly Turn[];
  /** The settings are not fit to be sent. */
  wrong: boolean;
  draft: string;
  onDraft: (draft: string) => void;
}

/** What is said next: a question, or the results of the calls that wait for them. */
export function Composer(props: ComposerProps): ReactNode {
  const { turns, room, wrong } = props;
  const last = turns.at(-1);
  const running = last?.role === 'assistant' && last.state === 'running';
  const calls = openCalls(turns);
  const focus = useKeptFocus(calls.length > 0);
  return (
    <div className="composer card" {...focus}>
      {calls.length > 0 ? (
        <ResultsForm key={calls.map(({ id }) => id).join()} calls={calls} room={room} wrong={wrong} />
      ) : (
        <QuestionForm {...props} running={running} />
      )}
    </div>
  );
}

/** One form takes the place of the other: the focus that was in one goes on in the other, and is not lost with it. */
function useKeptFocus(form: unknown) {
  const ref = useRef<HTMLDivElement>(null);
  // Nobody is told of a blur when what has the focus is taken away.
  const held = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another form is what it waits for
  useLayoutEffect(() => {
    if (held.current && document.activeElement === document.body) ref.current?.querySelector('textarea')?.focus();
  }, [form]);
  const hold = (now: boolean) => (): void => {
    held.current = now;
  };
  return { ref, onFocus: hold(true), onBlur: hold(false) };
}

function QuestionForm({ room, wrong, draft, onDraft, running }: ComposerProps & { running: boolean }): ReactNode {
  const message = useRef<HTMLTextAreaElement>(null);
  const send = (): void => {
    if (draft.trim() === '' || running || wrong) return;
    onDraft('');
    void room.say({ role: 'user', text: draft.trim() });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // Enter also ends a word that an input method composes.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form onSubmit={submit}>
      <textarea
        ref={message}
        className="input"
        rows={2}
        aria-label="Your message"
        placeholder="Write a message"
        value={draft}
        onChange={({ target }) => onDraft(target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-foot">
        <Hint wrong={wrong} otherwise="Enter sends, Shift+Enter begins a new line." />
        {running ? (
          <Button
            onClick={() => {
              room.stop();
              // The button goes.
              message.current?.focus();
            }}
          >
            <span className="spinner" aria-hidden="true" /> Stop
          </Button>
        ) : (
          <Button look="primary" type="submit" disabled={draft.trim() === '' || wrong}>
            Send
          </Button>
        )}
      </div>
    </form>
  );
}

function Hint({ wrong, otherwise }: Pick<ComposerProps, 'wrong'> & { otherwise: string }): ReactNode {
  return wrong ? (
    <span className="hint must">Mend the settings first.</span>
  ) : (
    <span className="hint">{otherwise}</span>
  );
}

function ResultsForm({ calls, room, wrong }: Pick<ComposerProps, 'room' | 'wrong'> & { calls: CallPart[] }): ReactNode {
  const [texts, setTexts] = useState<string[]>(() =>
    calls.map(({ name }) => (name === 'get_weather' ? EXAMPLE_RESULT : '')),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const results = calls.map(({ id, name }, at) => ({ callId: id, name, text: texts[at] ?? '' }));
    void room.say({ role: 'tool', results });
  };
  return (
    <form onSubmit={submit}>
      <p className="hint">
        {calls.length === 1
          ? 'The model waits for the result of its call.'
          : 'The model waits for the results of its calls.'}
      </p>
      {calls.map(({ id, name }, at) => (
        <TextArea
          key={id}
          label={calls.length === 1 ? `Result of ${name}` : `Result ${at + 1} of ${calls.length}: ${name}`}
          rows={2}
          spellCheck={false}
          value={texts[at] ?? ''}
          onChange={({ target }) => setTexts(texts.map((text, other) => (other === at ? target.value : text)))}
        />
      ))}
      <div className="composer-foot">
        <Hint wrong={wrong} otherwise="Text or JSON, as your tool would give it." />
        <Button look="primary" type="submit" disabled={wrong}>
          {calls.length === 1 ? 'Send result' : 'Send results'}
        </Button>
      </div>
    </form>
  );
}

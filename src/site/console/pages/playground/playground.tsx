import { type ReactNode, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { call } from '../../api/http.ts';
import { useModels } from '../../api/queries.ts';
import type { ModelRow, Page as Rows, SessionInfo, UsageRow } from '../../api/rows.ts';
import { SESSION_OVER, useSession } from '../../api/session.tsx';
import { Button } from '../../parts/button.tsx';
import { protocolLabel } from '../../parts/format.ts';
import { Page } from '../../parts/page.tsx';
import { Empty, Loaded } from '../../parts/states.tsx';
import { CodeDialog } from './code-dialog.tsx';
import { Composer } from './composer.tsx';
import { ConversationView } from './conversation-view.tsx';
import { PlaygroundRoom } from './playground-room.ts';
import { runRequest } from './run-request.ts';
import { problemsOf } from './settings.ts';
import { SettingsPanel } from './settings-panel.tsx';

/** Talks with a model as a client would: same keys, same limits, same bill. */
export default function Playground(): ReactNode {
  const models = useModels();
  const room = (
    <Loaded query={models} what="the models">
      {({ data }) => {
        const usable = data.filter(({ state }) => state !== 'not served');
        return usable.length === 0 ? <NoModel /> : <Room models={usable} />;
      }}
    </Loaded>
  );
  return models.data === undefined ? <Page title="Playground">{room}</Page> : room;
}

function NoModel(): ReactNode {
  return (
    <Page title="Playground">
      <Empty title="There is no model to talk with.">
        No upstream is configured for any model that you may use. The operator gives the gateway a vendor’s key, such as{' '}
        <code>DEEPSEEK_API_KEY</code>, and starts it again; README.md has all settings.
      </Empty>
    </Page>
  );
}

function Room({ models }: { models: ModelRow[] }): ReactNode {
  const session = useSession();
  const room = roomOf(session);
  const { settings, turns } = useSyncExternalStore(room.subscribe, room.state);
  const [draft, setDraft] = useState('');
  const [code, setCode] = useState(false);
  const model = models.find(({ id }) => id === settings.model);
  useEffect(() => {
    if (model === undefined) room.choose({ model: firstChoice(models) });
  }, [model, models, room]);
  const problems = problemsOf(settings);
  const wrong = Object.keys(problems).length > 0;
  const wide = useMedia('(width > 1080px)');
  const panel = (
    <SettingsPanel settings={settings} models={models} problems={problems} onChange={(to) => room.choose(to)} />
  );
  return (
    <Page
      title="Playground"
      lead={
        session.kind === 'admin'
          ? 'Calls are billed to the key console-playground.'
          : 'Calls are billed to your key and count against its limits.'
      }
      actions={
        <>
          <Button onClick={() => setCode(true)} disabled={wrong}>
            Show as code
          </Button>
          <Button disabled={turns.length === 0} onClick={() => room.clear()}>
            New conversation
          </Button>
        </>
      }
    >
      <div className="playground">
        {wide ? null : (
          <details className="card playground-fold">
            <summary>
              Settings{' '}
              <span className="faint">
                {settings.model} · {protocolLabel(settings.protocol)}
              </span>
            </summary>
            {panel}
          </details>
        )}
        <div className="playground-talk">
          <ConversationView room={room} turns={turns} settings={settings} wrong={wrong} onSuggest={setDraft} />
          <Composer room={room} turns={turns} wrong={wrong} draft={draft} onDraft={setDraft} />
        </div>
        {wide ? <div className="card playground-side">{panel}</div> : null}
      </div>
      {code ? <CodeDialog settings={settings} turns={turns} draft={draft} onClose={() => setCode(false)} /> : null}
    </Page>
  );
}

/** Whether a media query holds now. */
function useMedia(query: string): boolean {
  const list = useMemo(() => window.matchMedia(query), [query]);
  return useSyncExternalStore(
    (onChange) => {
      list.addEventListener('change', onChange);
      return () => list.removeEventListener('change', onChange);
    },
    () => list.matches,
  );
}

/** The flagship when it is there: what is asked most. */
function firstChoice(models: ModelRow[]): string {
  return (models.find(({ id }) => id === 'deepseek-v4-pro') ?? models[0])?.id ?? '';
}

/** One conversation for each log-in; whoever logs in next does not see it. */
const rooms = new WeakMap<SessionInfo, PlaygroundRoom>();

function roomOf(session: SessionInfo): PlaygroundRoom {
  const known = rooms.get(session);
  if (known !== undefined) return known;
  const path = session.kind === 'admin' ? 'manage/usage' : 'manage/me/usage';
  const room = new PlaygroundRoom({
    run: runRequest,
    async billOf(requestId) {
      const query = new URLSearchParams({ request_id: requestId, limit: '1' });
      return (await call<Rows<UsageRow>>(`${path}?${query}`)).data[0];
    },
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  rooms.set(session, room);
  window.addEventListener(SESSION_OVER, () => room.end(), { once: true });
  return room;
}

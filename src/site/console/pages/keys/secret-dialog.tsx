import { type ReactNode, useEffect, useState } from 'react';
import { curlSnippet } from '../../../snippets/curl.ts';
import { greeting, KEY_VARIABLE } from '../../../snippets/snippet-request.ts';
import { useGroups, useModels } from '../../api/queries.ts';
import type { KeyRow } from '../../api/rows.ts';
import { useSession } from '../../api/session.tsx';
import { Button } from '../../parts/button.tsx';
import { CodeBlock } from '../../parts/code-block.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { CheckField } from '../../parts/field.tsx';
import { firstModel } from './first-model.ts';

/** Shows a secret this once. It closes when somebody says that it is put away. */
export function SecretDialog({
  title,
  row,
  secret,
  note,
  onClose,
}: {
  title: ReactNode;
  /** The key that it opens. */
  row: KeyRow;
  secret: string;
  note?: ReactNode;
  onClose: () => void;
}): ReactNode {
  const { public_url: baseUrl } = useSession();
  const model = firstModel(row, useModels().data?.data ?? [], useGroups().data?.data ?? []);
  const [kept, setKept] = useState(false);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    if (!kept) window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [kept]);
  return (
    <Dialog open onClose={() => (kept ? onClose() : undefined)} title={title} wide insist>
      <p className="notice warn" role="alert">
        This is the only time that the secret is shown. The gateway keeps its hash alone: nobody can bring it back.
      </p>
      <div className="secret">
        <code>{secret}</code>
        <CopyButton text={secret} what="the secret" />
      </div>
      {note === undefined ? null : <p>{note}</p>}
      <div>
        <h3 className="secret-try">Try it</h3>
        <p>Run this, paste the secret, then Enter:</p>
        <CodeBlock
          code={`read -rs ${KEY_VARIABLE}; export ${KEY_VARIABLE}`}
          language="sh"
          what="the reading of the secret"
        />
        <p>Then this:</p>
        <CodeBlock
          code={curlSnippet(greeting(baseUrl, 'chat-completions', model))}
          language="sh"
          what="the first request"
        />
      </div>
      <CheckField
        label="I have put the secret away safely"
        checked={kept}
        onChange={({ target }) => setKept(target.checked)}
      />
      <div className="dialog-actions">
        <Button look="primary" disabled={!kept} onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

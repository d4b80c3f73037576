import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { useManagement } from '../../api/queries.ts';
import type { KeyRow } from '../../api/rows.ts';
import { Page } from '../../parts/page.tsx';
import { createBody, type KeyDraft, newDraft } from './key-draft.ts';
import { KeyForm } from './key-form.tsx';
import { SecretDialog } from './secret-dialog.tsx';

/** Makes a key and shows its secret once. */
export default function NewKey(): ReactNode {
  const [, navigate] = useLocation();
  const [initial] = useState(newDraft);
  const create = useManagement<KeyRow & { key: string }, KeyDraft>(
    (draft) => ({ method: 'POST', path: 'keys', body: createBody(draft) }),
    ['keys'],
  );
  const made = create.data;
  return (
    <Page title="Create key">
      <KeyForm
        initial={initial}
        action="Create key"
        busy={create.isPending}
        error={create.error}
        onSubmit={(draft) => create.mutate(draft)}
        onCancel={() => navigate('/keys')}
      />
      {made === undefined ? null : (
        <SecretDialog
          title={
            <>
              Key <bdi>{made.name}</bdi> is made
            </>
          }
          row={made}
          secret={made.key}
          onClose={() => navigate(`/keys/${made.id}`)}
        />
      )}
    </Page>
  );
}

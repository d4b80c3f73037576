import { type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { useKey, useManagement } from '../../api/queries.ts';
import type { KeyRow } from '../../api/rows.ts';
import { Page } from '../../parts/page.tsx';
import { Loaded } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import { changesBody, draftOf, type KeyDraft } from './key-draft.ts';
import { KeyForm } from './key-form.tsx';

export default function EditKey({ id }: { id: string }): ReactNode {
  const key = useKey(id);
  const form = (
    <Loaded query={key} what="the key" lines={10}>
      {(row) => <Edit row={row} />}
    </Loaded>
  );
  // Until its name is known.
  return key.data === undefined ? <Page title="Edit the key">{form}</Page> : form;
}

function Edit({ row }: { row: KeyRow }): ReactNode {
  const [, navigate] = useLocation();
  // As it was when the form was opened: what is asked again meanwhile does not write over what is typed.
  const [initial] = useState(() => draftOf(row));
  const update = useManagement<KeyRow, KeyDraft>(
    (draft) => ({ method: 'PUT', path: `keys/${row.id}`, body: changesBody(initial, draft) }),
    ['keys'],
  );
  const back = (): void => navigate(`/keys/${row.id}`);
  return (
    <Page
      title={`Edit ${row.name}`}
      heading={
        <>
          Edit <bdi>{row.name}</bdi>
        </>
      }
    >
      <KeyForm
        initial={initial}
        existing={row}
        action="Save"
        busy={update.isPending}
        error={update.error}
        onCancel={back}
        onSubmit={(draft) =>
          update.mutate(draft, {
            onSuccess: () => {
              say('Saved. The next request is judged by it.');
              back();
            },
          })
        }
      />
    </Page>
  );
}

import { type FormEvent, type ReactNode, useState } from 'react';
import { useManagement } from '../../api/queries.ts';
import type { KeyRow } from '../../api/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Choices } from '../../parts/choices.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { count, dateTime } from '../../parts/format.ts';
import { Failed } from '../../parts/states.tsx';
import { SecretDialog } from './secret-dialog.tsx';

/** As the management API has it: 30 days. */
const LONGEST_GRACE = 2_592_000;

interface Rotation {
  grace_seconds: number;
}

/** A new secret in place of the old one, which may open for some time more, until all clients have the new one. */
export function RotateDialog({ row, onClose }: { row: KeyRow; onClose: () => void }): ReactNode {
  const [grace, setGrace] = useState('0');
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const rotate = useManagement<KeyRow & { key: string }, Rotation>(
    (body) => ({ method: 'POST', path: `keys/${row.id}/rotate`, body }),
    ['keys'],
  );
  if (rotate.data !== undefined) {
    const seconds = rotate.variables.grace_seconds;
    const until = Date.parse(rotate.data.updated_at) + seconds * 1_000;
    return (
      <SecretDialog
        title={
          <>
            New secret of <bdi>{row.name}</bdi>
          </>
        }
        row={row}
        secret={rotate.data.key}
        note={
          seconds === 0 ? 'The old secret does not open any more.' : `The old secret opens until ${dateTime(until)}.`
        }
        onClose={onClose}
      />
    );
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const seconds = /^\d{1,7}$/.test(grace.trim()) ? Number(grace) : LONGEST_GRACE + 1;
    if (seconds <= LONGEST_GRACE) rotate.mutate({ grace_seconds: seconds });
    else setProblem(`A whole number of seconds from 0 to ${count(LONGEST_GRACE)}, which is 30 days.`);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={
        <>
          Rotate <bdi>{row.name}</bdi>
        </>
      }
      description="The key keeps its limits, its usage and its name, and gets a new secret."
    >
      <form className="dialog-form" onSubmit={submit} noValidate>
        <TextField
          label="Grace, seconds"
          inputMode="numeric"
          value={grace}
          error={problem}
          hint="How long the old secret still opens, so that clients can change over. 0: not at all; 86400 is a day."
          onChange={({ target }) => {
            setGrace(target.value);
            setProblem(undefined);
          }}
        />
        <Choices label="Usual lengths" options={USUAL} value={grace} onChange={setGrace} />
        {rotate.error === null ? null : <Failed error={rotate.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={rotate.isPending}>
            Rotate
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const USUAL = [
  { value: '0', label: 'None' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
];

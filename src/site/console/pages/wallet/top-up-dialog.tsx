import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { useManagement } from '../../api/queries.ts';
import type { Transaction } from '../../api/rows.ts';
import { Button } from '../../parts/button.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { TextField } from '../../parts/field.tsx';
import { shortUsd } from '../../parts/format.ts';
import { Failed } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import { idempotencyKey } from './idempotency-key.ts';

interface TopUp {
  amount_usd: string;
  note: string;
  idempotency_key: string;
}

/** Puts money into the wallet. However often it is sent, what stands in the form is booked once. */
export function TopUpDialog({ onClose }: { onClose: () => void }): ReactNode {
  const [amount, setAmount] = useState('');
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState<string | undefined>(undefined);
  // Of this form: sent again after an answer that got lost, it is the same booking. Another amount is another booking.
  const [key, setKey] = useState(idempotencyKey);
  const sent = useRef(false);
  const topUp = useManagement<Transaction & { repeated: boolean }, TopUp>(
    (body) => ({ method: 'POST', path: 'wallet/topups', body }),
    ['wallet'],
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const value = amount.trim();
    if (!/^\d{1,9}(\.\d{1,9})?$/.test(value) || Number(value) === 0) {
      setProblem('An amount in USD above 0, such as 50 or 12.50.');
      return;
    }
    // A second click comes before the form is drawn anew.
    if (sent.current) return;
    sent.current = true;
    topUp.mutate(
      { amount_usd: value, note: note.trim(), idempotency_key: key },
      {
        onSuccess: ({ amount_usd, repeated }) => {
          const booked = shortUsd(amount_usd, 'down');
          say(repeated ? `${booked} were booked already.` : `${booked} are in the wallet.`);
          onClose();
        },
        onError: () => {
          sent.current = false;
        },
      },
    );
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="Top up the wallet"
      description="The booking is final; the ledger is never changed."
    >
      <form className="dialog-form" onSubmit={submit} noValidate>
        <TextField
          label="Amount, USD"
          inputMode="decimal"
          autoComplete="off"
          placeholder="50.00"
          value={amount}
          error={problem}
          onChange={({ target }) => {
            setAmount(target.value);
            setProblem(undefined);
            setKey(idempotencyKey());
          }}
        />
        <TextField
          label="Note"
          maxLength={500}
          autoComplete="off"
          placeholder="invoice 2026-114"
          hint="Stands in the ledger."
          value={note}
          onChange={({ target }) => setNote(target.value)}
        />
        {topUp.error === null ? null : <Failed error={topUp.error} />}
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" busy={topUp.isPending}>
            {topUp.isError ? 'Try again' : 'Top up'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

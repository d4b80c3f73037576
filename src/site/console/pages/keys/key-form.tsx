import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../api/http.ts';
import { useGroups, useModels } from '../../api/queries.ts';
import type { KeyRow } from '../../api/rows.ts';
import { Button } from '../../parts/button.tsx';
import { SelectField, TextArea, TextField } from '../../parts/field.tsx';
import { dateTime } from '../../parts/format.ts';
import { Card } from '../../parts/page.tsx';
import { Failed } from '../../parts/states.tsx';
import { type DraftProblems, type Expiry, fieldOf, type KeyDraft, problemsOf, problemText } from './key-draft.ts';
import { ModelChoice } from './model-choice.tsx';

/** All settings of a key: of a new one, or of `existing`. */
export function KeyForm({
  initial,
  existing,
  action,
  busy,
  error,
  onSubmit,
  onCancel,
}: {
  initial: KeyDraft;
  existing?: KeyRow;
  /** The verb on the button. */
  action: string;
  busy: boolean;
  error: Error | null;
  onSubmit: (draft: KeyDraft) => void;
  onCancel: () => void;
}): ReactNode {
  const [draft, setDraft] = useState(initial);
  const [shown, setShown] = useState<DraftProblems>({});
  const groups = useGroups();
  const models = useModels();
  // What a refusal is about; the form may have changed since.
  const [sent, setSent] = useState(initial);
  const refused = error instanceof ApiError ? fieldOf(error.param, draft) : undefined;
  const refusal = error instanceof ApiError ? problemText(error.message, error.param ?? '', sent) : '';
  const form = useRef<HTMLFormElement>(null);
  const focus = (field: keyof KeyDraft): void => form.current?.querySelector<HTMLElement>(`[name="${field}"]`)?.focus();
  // biome-ignore lint/correctness/useExhaustiveDependencies: where a refusal sends the focus, it sends it once
  useEffect(() => {
    if (refused !== undefined) focus(refused);
  }, [error]);
  const problems: DraftProblems = refused === undefined ? shown : { ...shown, [refused]: refusal };
  const change = (changes: Partial<KeyDraft>): void => {
    setDraft({ ...draft, ...changes });
    const left = { ...shown };
    for (const name of Object.keys(changes) as (keyof KeyDraft)[]) delete left[name];
    setShown(left);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const found = problemsOf(draft);
    setShown(found);
    const [first] = Object.keys(found) as (keyof KeyDraft)[];
    if (first !== undefined) {
      focus(first);
      return;
    }
    setSent(draft);
    onSubmit(draft);
  };
  const text = (name: TextName) => ({
    name,
    value: draft[name],
    error: problems[name],
    onChange: ({ target }: { target: { value: string } }) => change({ [name]: target.value }),
  });
  const known = groups.data?.data ?? [];
  const groupNames = known.some(({ id }) => id === draft.group_id)
    ? known.map(({ id, name }) => ({ value: id, label: name === id ? id : `${name} (${id})` }))
    : [{ value: draft.group_id, label: draft.group_id }, ...known.map(({ id }) => ({ value: id, label: id }))];
  return (
    <form className="key-form" ref={form} onSubmit={submit} noValidate>
      <Card title="Name">
        <div className="form-grid">
          <TextField label="Name" required maxLength={200} autoComplete="off" {...text('name')} />
          <SelectField
            label="Group"
            hint="Decides which models the key reaches, and at what price."
            options={groupNames}
            {...text('group_id')}
          />
        </div>
      </Card>
      <Card title="Spending">
        <p className="hint form-lead">USD; empty means unlimited. Windows roll: what was spent leaves bit by bit.</p>
        <div className="form-grid narrow">
          <AmountField label="For life" {...text('quota')} />
          <AmountField label="In 5 hours" {...text('rate_limit_5h')} />
          <AmountField label="In 1 day" {...text('rate_limit_1d')} />
          <AmountField label="In 7 days" {...text('rate_limit_7d')} />
        </div>
        <SelectField
          label="When what is left cannot hold max_tokens"
          options={[
            { value: 'shrink', label: 'Lower max_tokens to what is left, and say so' },
            { value: 'refuse', label: 'Refuse the request' },
          ]}
          name="on_limit"
          value={draft.on_limit}
          onChange={({ target }) => change({ on_limit: target.value === 'refuse' ? 'refuse' : 'shrink' })}
        />
      </Card>
      <Card title="Rate">
        <p className="hint form-lead">Whole numbers; empty means unlimited.</p>
        <div className="form-grid narrow">
          <TextField label="Requests a minute" inputMode="numeric" placeholder="unlimited" {...text('rpm')} />
          <TextField label="Tokens a minute" inputMode="numeric" placeholder="unlimited" {...text('tpm')} />
          <TextField label="Requests in flight" inputMode="numeric" placeholder="unlimited" {...text('concurrency')} />
        </div>
      </Card>
      <Card title="Access">
        <ModelChoice
          chosen={draft.models}
          all={models.data?.data.map(({ id }) => id) ?? []}
          error={problems.models}
          onChange={(chosen) => change({ models: chosen })}
        />
        <div className="form-grid">
          <TextArea
            label="Only from these addresses"
            rows={3}
            spellCheck={false}
            placeholder={'203.0.113.7\n10.0.0.0/8'}
            hint="One address or range a line; empty means from everywhere."
            {...text('ip_whitelist')}
          />
          <TextArea
            label="Never from these addresses"
            rows={3}
            spellCheck={false}
            hint="Wins over the other list."
            {...text('ip_blacklist')}
          />
        </div>
        <div className="form-grid">
          <SelectField
            label="Expires"
            options={expiries(existing)}
            name="expiry"
            value={draft.expiry}
            onChange={({ target }) => change({ expiry: target.value as Expiry })}
          />
          {draft.expiry === 'days' ? (
            <TextField label="Days from now" inputMode="numeric" {...text('expires_in_days')} />
          ) : null}
        </div>
      </Card>
      {existing === undefined ? (
        <Card title="Secret">
          <TextField
            label="A secret of your own"
            autoComplete="off"
            spellCheck={false}
            placeholder="made by the gateway"
            hint="Leave it empty unless you move a key here that clients have already. 16 to 256 characters; 32 and more are advised."
            {...text('custom_key')}
          />
        </Card>
      ) : null}
      {error === null || refused !== undefined ? null : <Failed error={error} />}
      <div className="form-actions">
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="primary" type="submit" busy={busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}

type TextName = Exclude<keyof KeyDraft, 'models' | 'expiry' | 'on_limit'>;

function AmountField(props: Parameters<typeof TextField>[0]): ReactNode {
  return <TextField inputMode="decimal" placeholder="unlimited" {...props} label={`${props.label}, USD`} />;
}

function expiries(existing: KeyRow | undefined): { value: Expiry; label: string }[] {
  const others: { value: Expiry; label: string }[] = [
    { value: 'never', label: 'Never' },
    { value: 'days', label: 'After some days' },
  ];
  if (existing === undefined) return others;
  const { expires_at: at } = existing;
  const kept = at === null ? 'as now: never' : `as now: ${dateTime(Date.parse(at))}`;
  return [{ value: 'keep', label: `Leave it ${kept}` }, ...others];
}

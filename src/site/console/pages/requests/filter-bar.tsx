import { type FormEvent, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { useKeys, useModels } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { Button } from '../../parts/button.tsx';
import { SelectField, TextField } from '../../parts/field.tsx';
import { type Filters, filterEntries, OUTCOMES, SPANS } from './filters.ts';

/** Controls above the list, and a way to a request whose id is known. */
export function RequestFilterBar({
  filters,
  onChange,
}: {
  filters: Filters;
  onChange: (entries: [string, string][]) => void;
}): ReactNode {
  const { kind } = useSession();
  const { data: keys } = useKeys();
  const { data: models } = useModels();
  const set = (change: Partial<Filters>) => onChange(filterEntries({ ...filters, ...change }));
  return (
    <div className="filters">
      {kind === 'admin' ? (
        <SelectField
          label="Key"
          value={filters.key}
          options={withChosen(filters.key, keys?.map(({ id, name }) => ({ value: id, label: name })) ?? [])}
          onChange={({ target }) => set({ key: target.value })}
        />
      ) : null}
      <SelectField
        label="Model"
        value={filters.model}
        options={withChosen(filters.model, models?.data.map(({ id }) => ({ value: id, label: id })) ?? [])}
        onChange={({ target }) => set({ model: target.value })}
      />
      <SelectField
        label="Outcome"
        value={filters.outcome}
        options={OUTCOMES}
        onChange={({ target }) => set({ outcome: OUTCOMES.find(({ value }) => value === target.value)?.value ?? '' })}
      />
      <SelectField
        label="Time"
        value={filters.period}
        options={SPANS}
        onChange={({ target }) => set({ period: SPANS.find(({ value }) => value === target.value)?.value ?? '' })}
      />
      <FindById />
    </div>
  );
}

/** What the address names is shown as chosen, although its list is not there yet or has no such entry. */
function withChosen(chosen: string, options: { value: string; label: string }[]) {
  const known = chosen === '' || options.some(({ value }) => value === chosen);
  return [{ value: '', label: 'All' }, ...(known ? [] : [{ value: chosen, label: chosen }]), ...options];
}

function FindById(): ReactNode {
  const [id, setId] = useState('');
  const [, go] = useLocation();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (id.trim() !== '') go(`/requests/${encodeURIComponent(id.trim())}`);
  };
  return (
    <form className="find-request" onSubmit={submit}>
      <TextField
        label="Request id"
        placeholder="req_… as in x-request-id"
        autoComplete="off"
        spellCheck={false}
        value={id}
        onChange={({ target }) => setId(target.value)}
      />
      <Button type="submit">Open</Button>
    </form>
  );
}

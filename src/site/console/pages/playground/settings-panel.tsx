import type { ReactNode } from 'react';
import { tokenLabel } from '../../../../models/guards/alternatives.ts';
import type { Protocol } from '../../../../protocols/protocol.ts';
import { useFactorNote } from '../../api/queries.ts';
import type { ModelRow } from '../../api/rows.ts';
import { Choices } from '../../parts/choices.tsx';
import { CheckField, SelectField, TextArea, TextField } from '../../parts/field.tsx';
import { type Format, formatFor, type Reasoning, type Settings } from './settings.ts';

const PROTOCOLS: { value: Protocol; label: string }[] = [
  { value: 'chat-completions', label: 'Chat Completions' },
  { value: 'messages', label: 'Messages' },
];

const REASONING: { value: Reasoning; label: string }[] = [
  { value: 'default', label: "The model's default" },
  { value: 'off', label: 'Off' },
  { value: 'low', label: 'Low' },
  { value: 'medium', label: 'Medium' },
  { value: 'high', label: 'High' },
];

const FORMATS: Record<Protocol, { value: Format; label: string }[]> = {
  'chat-completions': [
    { value: 'text', label: 'Text' },
    { value: 'object', label: 'JSON' },
    { value: 'schema', label: 'JSON by a schema' },
  ],
  messages: [
    { value: 'text', label: 'Text' },
    { value: 'schema', label: 'JSON by a schema' },
  ],
};

export function SettingsPanel({
  settings,
  models,
  problems,
  onChange,
}: {
  settings: Settings;
  models: ModelRow[];
  problems: Partial<Record<keyof Settings, string>>;
  onChange: (changes: Partial<Settings>) => void;
}): ReactNode {
  const model = models.find(({ id }) => id === settings.model);
  const can = (capability: string): boolean => model === undefined || model.capabilities.includes(capability);
  const translated = model !== undefined && !model.native.includes(settings.protocol);
  return (
    <section className="playground-settings" aria-label="Settings">
      <SelectField
        label="Model"
        value={settings.model}
        error={problems.model}
        onChange={({ target }) => onChange({ model: target.value })}
        options={models.map(({ id }) => ({ value: id, label: id }))}
        hint={model === undefined ? undefined : <ModelHint model={model} />}
      />
      <div className="field">
        <Choices
          label="Protocol"
          shownLabel
          options={PROTOCOLS}
          value={settings.protocol}
          onChange={(protocol) => onChange({ protocol })}
        />
        {translated ? <p className="hint">The upstream speaks the other one: requests are translated.</p> : null}
      </div>
      <TextArea
        label="System prompt"
        rows={3}
        value={settings.system}
        placeholder="You are a helpful assistant."
        onChange={({ target }) => onChange({ system: target.value })}
      />
      <div className="playground-pair">
        <TextField
          label="Max tokens"
          inputMode="numeric"
          value={settings.maxTokens}
          error={problems.maxTokens}
          onChange={({ target }) => onChange({ maxTokens: target.value })}
        />
        <TextField
          label="Temperature"
          inputMode="decimal"
          placeholder="default"
          value={settings.temperature}
          error={problems.temperature}
          onChange={({ target }) => onChange({ temperature: target.value })}
        />
      </div>
      <SelectField
        label="Reasoning"
        value={settings.reasoning}
        options={REASONING}
        hint={can('thinking') ? undefined : 'This model does not show its reasoning.'}
        onChange={({ target }) => onChange({ reasoning: target.value as Reasoning })}
      />
      <SelectField
        label="Answer as"
        value={formatFor(settings)}
        options={FORMATS[settings.protocol]}
        hint={formatFor(settings) === 'object' ? 'Say in the prompt that you want JSON, and which.' : undefined}
        onChange={({ target }) => onChange({ format: target.value as Format })}
      />
      {formatFor(settings) === 'schema' ? (
        <TextArea
          label="Schema"
          rows={8}
          spellCheck={false}
          value={settings.schema}
          error={problems.schema}
          hint={can('json_schema') ? undefined : 'The upstream has no schemas: it goes into the prompt.'}
          onChange={({ target }) => onChange({ schema: target.value })}
        />
      ) : null}
      <CheckField
        label="Tools"
        checked={settings.useTools}
        hint={can('tool_use') ? undefined : 'This model calls no tools.'}
        onChange={({ target }) => onChange({ useTools: target.checked })}
      />
      {settings.useTools ? (
        <TextArea
          label="Tools as JSON"
          rows={14}
          spellCheck={false}
          value={settings.tools}
          error={problems.tools}
          hint="Sent in the protocol's own shape. You give the results yourself."
          onChange={({ target }) => onChange({ tools: target.value })}
        />
      ) : null}
      <CheckField
        label="Stream the answer"
        checked={settings.stream}
        onChange={({ target }) => onChange({ stream: target.checked })}
      />
    </section>
  );
}

function ModelHint({ model }: { model: ModelRow }): ReactNode {
  const { price, window, state, id } = model;
  const factor = useFactorNote();
  return (
    <>
      ${price.input} in, ${price.output} out per 1M tokens{factor} · {tokenLabel(window)} tokens window
      {state === 'simulated' ? ' · simulated' : ''} · <a href={`/docs/models/${id}`}>about it</a>
    </>
  );
}

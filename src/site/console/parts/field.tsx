import { type ComponentPropsWithRef, type ReactNode, useId } from 'react';

interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** What the gateway says is wrong with it. */
  error?: string | undefined;
}

/** A labelled input; its hint and its error are read out with it. */
export function TextField({ label, hint, error, ...rest }: FieldProps & ComponentPropsWithRef<'input'>): ReactNode {
  const ids = useFieldIds(hint, error);
  return (
    <Frame label={label} hint={hint} error={error} ids={ids}>
      <input {...rest} {...ids.input} className="input" />
    </Frame>
  );
}

export function TextArea({ label, hint, error, ...rest }: FieldProps & ComponentPropsWithRef<'textarea'>): ReactNode {
  const ids = useFieldIds(hint, error);
  return (
    <Frame label={label} hint={hint} error={error} ids={ids}>
      <textarea {...rest} {...ids.input} className="input" />
    </Frame>
  );
}

export function SelectField({
  label,
  hint,
  error,
  options,
  ...rest
}: FieldProps & ComponentPropsWithRef<'select'> & { options: readonly { value: string; label: string }[] }): ReactNode {
  const ids = useFieldIds(hint, error);
  return (
    <Frame label={label} hint={hint} error={error} ids={ids}>
      <select {...rest} {...ids.input} className="input">
        {options.map(({ value, label: text }) => (
          // Names in it may be of any direction.
          <option key={value} value={value} dir="auto">
            {text}
          </option>
        ))}
      </select>
    </Frame>
  );
}

export function CheckField({ label, hint, ...rest }: FieldProps & ComponentPropsWithRef<'input'>): ReactNode {
  const ids = useFieldIds(hint, undefined);
  return (
    <div className="field check">
      <label>
        <input type="checkbox" {...rest} {...ids.input} /> {label}
      </label>
      {hint === undefined ? null : (
        <p className="hint" id={ids.hint}>
          {hint}
        </p>
      )}
    </div>
  );
}

function useFieldIds(hint: ReactNode, error: string | undefined) {
  const id = useId();
  const described = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`]
    .filter((part) => part !== '')
    .join(' ');
  return {
    hint: `${id}-hint`,
    error: `${id}-error`,
    input: {
      id,
      'aria-describedby': described || undefined,
      'aria-invalid': error === undefined ? undefined : true,
    },
  };
}

function Frame({
  label,
  hint,
  error,
  ids,
  children,
}: FieldProps & { ids: ReturnType<typeof useFieldIds>; children: ReactNode }): ReactNode {
  return (
    <div className="field">
      <label htmlFor={ids.input.id}>{label}</label>
      {children}
      {hint === undefined ? null : (
        <p className="hint" id={ids.hint}>
          {hint}
        </p>
      )}
      {error === undefined ? null : (
        <p className="field-error" id={ids.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

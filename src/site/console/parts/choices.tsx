import type { ReactNode } from 'react';

/** A row of buttons of which one holds. */
export function Choices<Value extends string>({
  label,
  options,
  value,
  onChange,
  shownLabel = false,
}: {
  label: string;
  options: readonly { value: Value; label: string }[];
  /** One that is not among the options: none is pressed. */
  value: string;
  onChange: (value: Value) => void;
  shownLabel?: boolean;
}): ReactNode {
  return (
    <fieldset className="choices-field">
      <legend className={shownLabel ? '' : 'visually-hidden'}>{label}</legend>
      <div className="choices">
        {options.map((option) => (
          <button
            type="button"
            className="button"
            key={option.value}
            aria-pressed={option.value === value}
            onClick={() => onChange(option.value)}
          >
            {option.label}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

import { type ReactNode, useId } from 'react';

/** Which models a key may call: all that its group reaches, or the ones that are ticked. */
export function ModelChoice({
  chosen,
  all,
  error,
  onChange,
}: {
  chosen: string[];
  all: string[];
  error: string | undefined;
  onChange: (chosen: string[]) => void;
}): ReactNode {
  const id = useId();
  const toggle = (model: string, on: boolean): void => {
    onChange(on ? [...chosen, model] : chosen.filter((other) => other !== model));
  };
  return (
    <fieldset className="model-choice" aria-describedby={id}>
      <legend>Models</legend>
      <p className="hint" id={id}>
        {chosen.length === 0
          ? 'None is ticked: the key may call every model that its group reaches.'
          : `Only the ${chosen.length} ticked ${chosen.length === 1 ? 'model' : 'models'}.`}
      </p>
      <ul>
        {[...new Set([...all, ...chosen])].map((model) => (
          <li key={model}>
            <label>
              <input
                type="checkbox"
                name="models"
                checked={chosen.includes(model)}
                onChange={({ target }) => toggle(model, target.checked)}
              />{' '}
              {model}
            </label>
          </li>
        ))}
      </ul>
      {error === undefined ? null : (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

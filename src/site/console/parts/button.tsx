import type { ComponentPropsWithRef, ReactNode } from 'react';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

/** `busy` keeps the button where it is and says that its work is under way. */
export function Button({
  look = 'plain',
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ComponentPropsWithRef<'button'> & { look?: Look; busy?: boolean }): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${look} ${className ?? ''}`}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : null}
      {children}
    </button>
  );
}

import type { ComponentPropsWithRef, ReactNode } from 'react';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

/** `busy` keeps the button where it is, the focus with it, and says that its work is under way: a click does nothing. */
export function Button({
  look = 'plain',
  busy = false,
  className,
  children,
  onClick,
  ...rest
}: ComponentPropsWithRef<'button'> & { look?: Look; busy?: boolean }): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${look} ${className ?? ''}`}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : null}
      {children}
    </button>
  );
}

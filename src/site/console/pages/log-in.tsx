import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useLogIn } from '../api/session.tsx';
import { Button } from '../parts/button.tsx';
import { TextField } from '../parts/field.tsx';
import { BoltIcon } from '../parts/icons.tsx';
import { ThemeSwitch } from '../theme.tsx';

/** With the admin token one sees everything; with an API key, what is about that key. */
export function LogInPage({ ended }: { ended: boolean }): ReactNode {
  const logIn = useLogIn();
  const [secret, setSecret] = useState('');
  const [error, setError] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Log in · ByteSpike console';
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (secret.trim() === '') {
      setError('Enter your admin token or an API key.');
      return;
    }
    setBusy(true);
    setError(undefined);
    logIn(secret.trim())
      .catch((reason: Error) => setError(reason.message))
      .finally(() => setBusy(false));
  };
  return (
    <main className="centre">
      <form className="card log-in" onSubmit={submit} noValidate>
        <div className="log-in-head">
          <p className="brand">
            <BoltIcon /> ByteSpike
          </p>
          <ThemeSwitch />
        </div>
        <h1>Log in to the console</h1>
        {ended ? (
          <p className="notice warn" role="status">
            Your session has ended; log in again.
          </p>
        ) : null}
        {/* Tells password managers whose secret it is. */}
        <input type="text" name="username" autoComplete="username" value="bytespike-console" readOnly hidden />
        <TextField
          label="Admin token or API key"
          type="password"
          name="secret"
          autoComplete="current-password"
          spellCheck={false}
          autoFocus
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
          hint={
            <>
              The admin token is <code>BYTESPIKE_ADMIN_TOKEN</code> where the operator sets that. Else it was shown at
              the first start, or stands in <code>first-start.txt</code> in the data folder; if it is lost,{' '}
              <code>npx bytespike admin reset</code> makes a new one. With a key (
              <code className="nowrap">sk-byts-…</code>) you see that key alone.
            </>
          }
          error={error}
        />
        <Button look="primary" type="submit" busy={busy}>
          Log in
        </Button>
        <p className="faint">
          <a href="/docs">Documentation</a> · <a href="/docs/pricing">Rate card</a>
        </p>
      </form>
    </main>
  );
}

import { Component, type ReactNode, useEffect } from 'react';
import { gatewayAnswers } from '../api/http.ts';
import { Page } from './page.tsx';
import { Failed } from './states.tsx';

const NOT_LOADED = new Error(
  'This page could not be loaded: the gateway cannot be reached, or was updated since the console was opened.',
);
const BROKEN = new Error('This page broke: a fault of the console. Another try loads it anew.');
/** What Chromium, Firefox and Safari say of a module that cannot be had. */
const OF_LOADING = /dynamically imported module|importing a module/i;

/**
 * Keeps the rest of the console when a page cannot be loaded or breaks. What failed to load is had again by a reload
 * alone.
 */
export class Boundary extends Component<{ children: ReactNode }, { told: Error | undefined }> {
  override state: { told: Error | undefined } = { told: undefined };

  static getDerivedStateFromError(error: unknown): { told: Error } {
    return { told: OF_LOADING.test(String(error)) ? NOT_LOADED : BROKEN };
  }

  override render(): ReactNode {
    const { told } = this.state;
    if (told === undefined) return this.props.children;
    return told === NOT_LOADED ? <NotLoaded /> : <Told title="Page broken" error={told} />;
  }
}

function Told({ title, error }: { title: string; error: Error }): ReactNode {
  return (
    <Page title={title}>
      <Failed error={error} onRetry={() => window.location.reload()} />
    </Page>
  );
}

/** How often a gateway that was down is looked for. Milliseconds. */
const RETRY_MS = 3_000;

/** Loads anew by itself once the gateway is back. Where it was there all the time the file is missing, and would be again. */
function NotLoaded(): ReactNode {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const look = async (wasDown: boolean): Promise<void> => {
      const answers = await gatewayAnswers();
      if (left) return;
      if (!answers) timer = setTimeout(() => void look(true), RETRY_MS);
      else if (wasDown) window.location.reload();
    };
    void look(false);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, []);
  return <Told title="Page not loaded" error={NOT_LOADED} />;
}

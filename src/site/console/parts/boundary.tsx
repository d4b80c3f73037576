import { Component, type ReactNode } from 'react';
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
    return <Failed error={told} onRetry={() => window.location.reload()} />;
  }
}

import { Component, type ReactNode } from 'react';
import { Failed } from './states.tsx';

const NOT_LOADED = new Error(
  'This page could not be loaded: the gateway cannot be reached, or was updated since the console was opened.',
);

/** Keeps the rest of the console when a page cannot be loaded or breaks. What failed to load is had again by a reload alone. */
export class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return <Failed error={NOT_LOADED} onRetry={() => window.location.reload()} />;
  }
}

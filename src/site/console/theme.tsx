import { type ReactNode, useSyncExternalStore } from 'react';
import { MoonIcon, SunIcon } from './parts/icons.tsx';

const STORED = 'bytespike-theme';

/** Light or dark as chosen; before a choice, as the system has it. */
export function ThemeSwitch(): ReactNode {
  const theme = useSyncExternalStore(onThemeChange, current);
  const other = theme === 'dark' ? 'light' : 'dark';
  const change = (): void => {
    document.documentElement.dataset.theme = other;
    localStorage.setItem(STORED, other);
  };
  return (
    <button type="button" className="button quiet square" onClick={change} aria-label={`Use ${other} colours`}>
      {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}

/** Tells whenever light changes to dark or back, by the system or by the switch. Ends with what it returns. */
export function onThemeChange(changed: () => void): () => void {
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    system.removeEventListener('change', changed);
    observer.disconnect();
  };
}

function current(): 'light' | 'dark' {
  const { theme } = document.documentElement.dataset;
  if (theme === 'light' || theme === 'dark') return theme;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

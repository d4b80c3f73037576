import { type ReactNode, useState } from 'react';
import { MoonIcon, SunIcon } from './parts/icons.tsx';

const STORED = 'bytespike-theme';

/** Light or dark as chosen; before a choice, as the system has it. */
export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useState(current);
  const other = theme === 'dark' ? 'light' : 'dark';
  const change = (): void => {
    document.documentElement.dataset.theme = other;
    localStorage.setItem(STORED, other);
    setTheme(other);
  };
  return (
    <button type="button" className="button quiet square" onClick={change} aria-label={`Use ${other} colours`}>
      {theme === 'dark' ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}

function current(): 'light' | 'dark' {
  const { theme } = document.documentElement.dataset;
  if (theme === 'light' || theme === 'dark') return theme;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

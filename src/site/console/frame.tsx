import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useLogOut, useSession } from './api/session.tsx';
import { Badge } from './parts/badge.tsx';
import { Button } from './parts/button.tsx';
import {
  BoltIcon,
  CloseIcon,
  DocsIcon,
  KeysIcon,
  LogOutIcon,
  MenuIcon,
  ModelsIcon,
  OverviewIcon,
  PlaygroundIcon,
  RequestsIcon,
  WalletIcon,
} from './parts/icons.tsx';
import { say } from './parts/toasts.tsx';
import { ThemeSwitch } from './theme.tsx';

interface Place {
  path: string;
  name: string;
  icon: () => ReactNode;
  /** Who sees it; everybody when it is left out. */
  only?: 'admin' | 'key';
}

const PLACES: Place[] = [
  { path: '/', name: 'Overview', icon: OverviewIcon },
  { path: '/requests', name: 'Requests', icon: RequestsIcon },
  { path: '/keys', name: 'Keys', icon: KeysIcon, only: 'admin' },
  { path: '/limits', name: 'Limits', icon: KeysIcon, only: 'key' },
  { path: '/wallet', name: 'Wallet', icon: WalletIcon, only: 'admin' },
  { path: '/models', name: 'Models', icon: ModelsIcon },
  { path: '/playground', name: 'Playground', icon: PlaygroundIcon },
];

/** What surrounds every page: the menu, who is logged in, and the way out. */
export function Frame({ children }: { children: ReactNode }): ReactNode {
  const { kind, name, simulated } = useSession();
  const [open, setOpen] = useState(false);
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another address is what it waits for
  useEffect(() => {
    setOpen(false);
    // Whoever listens is told of the new page, but not of the one that was opened first.
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [location]);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const onKeyDown = ({ key }: KeyboardEvent): void => {
      if (key !== 'Escape') return;
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [open]);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className={`side ${open ? 'open' : ''}`}>
        <div className="side-head">
          <Link href="/" className="brand">
            <BoltIcon /> ByteSpike
          </Link>
          <Button
            ref={button}
            look="quiet"
            className="square menu-button"
            aria-expanded={open}
            aria-controls="menu"
            aria-label={open ? 'Close the menu' : 'Open the menu'}
            onClick={() => setOpen(!open)}
          >
            {open ? <CloseIcon /> : <MenuIcon />}
          </Button>
        </div>
        <div className="side-body" id="menu">
          <nav aria-label="Console">
            <ul>
              {PLACES.filter(({ only }) => only === undefined || only === kind).map(({ path, name, icon: Icon }) => (
                <li key={path}>
                  <Link href={path} aria-current={isHere(path, location) ? 'page' : undefined} className="place">
                    <Icon /> {name}
                  </Link>
                </li>
              ))}
              <li>
                <a href="/docs" className="place">
                  <DocsIcon /> Documentation
                </a>
              </li>
            </ul>
          </nav>
          <div className="side-foot">
            {simulated ? (
              <Badge tone="warn" title="No vendor's account is configured: the built-in simulator answers every call.">
                Simulated answers
              </Badge>
            ) : null}
            <p className="who">
              <span className="faint">{kind === 'admin' ? 'Administrator' : 'API key'}</span>
              <strong title={name}>
                <bdi>{name}</bdi>
              </strong>
            </p>
            <div className="side-actions">
              <LogOutButton />
              <ThemeSwitch />
            </div>
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function LogOutButton(): ReactNode {
  const logOut = useLogOut();
  return (
    <Button look="quiet" onClick={() => void logOut().catch((error: Error) => say(error.message))}>
      <LogOutIcon /> Log out
    </Button>
  );
}

function isHere(path: string, location: string): boolean {
  return path === '/' ? location === '/' : location === path || location.startsWith(`${path}/`);
}

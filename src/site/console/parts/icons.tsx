import type { ReactNode } from 'react';

/** Line icons, drawn in the colour of the text around them; the words beside them say what they mean. */
function icon(path: string): () => ReactNode {
  return () => (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}

export const OverviewIcon = icon('M3 20h18M6 16v-5M11 16V5M16 16V9M21 16v-3');
export const RequestsIcon = icon('M4 6h16M4 12h16M4 18h10');
export const KeysIcon = icon('M15 7a4 4 0 1 1-3.9 5H8v3H5v-3H3v-2h8.1A4 4 0 0 1 15 7Z');
export const WalletIcon = icon(
  'M3 7h15a2 2 0 0 1 2 2v9a1 1 0 0 1-1 1H5a2 2 0 0 1-2-2V7Zm0 0V6a2 2 0 0 1 2-2h11v3M16 13h1',
);
export const ModelsIcon = icon('M12 3l8 4.5v9L12 21l-8-4.5v-9L12 3Zm0 9l8-4.5M12 12v9M12 12L4 7.5');
export const PlaygroundIcon = icon('M5 4l14 8-14 8V4Z');
export const DocsIcon = icon('M6 3h9l4 4v14H6V3Zm8 0v5h5M9 13h7M9 17h7');
export const MenuIcon = icon('M4 7h16M4 12h16M4 17h16');
export const CloseIcon = icon('M6 6l12 12M18 6L6 18');
export const CopyIcon = icon('M9 9h11v11H9V9ZM5 15H4V4h11v1');
export const CheckIcon = icon('M5 13l4 4L19 7');
export const PlusIcon = icon('M12 5v14M5 12h14');
export const LogOutIcon = icon('M10 4H5v16h5M15 8l4 4-4 4M19 12H9');
export const SunIcon = icon(
  'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2v2M12 20v2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M2 12h2M20 12h2M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4',
);
export const MoonIcon = icon('M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z');
export const BoltIcon = icon('M13 2L4 14h7l-1 8 9-12h-7l1-8Z');
export const BackIcon = icon('M15 5l-7 7 7 7');

import { Dialog as Base } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import { CloseIcon } from './icons.tsx';

/** A window above the page. Focus goes into it and comes back; Escape closes it, unless `insist` says that it must not. */
export function Dialog({
  open,
  onClose,
  title,
  description,
  children,
  wide = false,
  insist = false,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  wide?: boolean;
  /** Only a button of its own closes it: what it shows would be lost. */
  insist?: boolean;
}): ReactNode {
  return (
    <Base.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
      disablePointerDismissal={insist}
    >
      <Base.Portal>
        <Base.Backdrop className="dialog-backdrop" />
        <Base.Popup className={`dialog ${wide ? 'wide' : ''}`}>
          <header className="dialog-head">
            <Base.Title className="dialog-title">{title}</Base.Title>
            {insist ? null : (
              <Base.Close className="button quiet square" aria-label="Close">
                <CloseIcon />
              </Base.Close>
            )}
          </header>
          {description === undefined ? null : (
            <Base.Description className="dialog-text" render={<div />}>
              {description}
            </Base.Description>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

import { type ReactNode, useEffect } from 'react';

/** The frame of a page: its title, in the window too, what can be done, and its parts. */
export function Page({
  title,
  heading = title,
  actions,
  lead,
  children,
}: {
  title: string;
  /** The title as the page shows it, where that is more than text. */
  heading?: ReactNode;
  actions?: ReactNode;
  lead?: ReactNode;
  children: ReactNode;
}): ReactNode {
  useEffect(() => {
    document.title = `${title} · ByteSpike console`;
  }, [title]);
  return (
    <>
      <header className="page-head">
        <div>
          <h1>{heading}</h1>
          {lead === undefined ? null : <p className="faint">{lead}</p>}
        </div>
        {actions === undefined ? null : <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export function Card({
  title,
  actions,
  children,
  className = '',
}: {
  title?: string;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
}): ReactNode {
  return (
    <section className={`card ${className}`}>
      {title === undefined ? null : (
        <header className="card-head">
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

/** A figure with its name and a word about it. */
export function Stat({ name, value, note }: { name: string; value: ReactNode; note?: ReactNode }): ReactNode {
  return (
    <div className="stat">
      <dt>{name}</dt>
      <dd>
        <span className="stat-value">{value}</span>
        {note === undefined ? null : <span className="stat-note">{note}</span>}
      </dd>
    </div>
  );
}

/** A word about what stands above; nothing where there is nothing to say. */
export function Note({ text }: { text: string | undefined }): ReactNode {
  return text === undefined ? null : <p className="faint small">{text}</p>;
}

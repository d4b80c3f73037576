import { randomBytes } from 'node:crypto';

/**
 * Somebody who has logged in. The secret stays in the memory of this process and is sent along with every call that the
 * session makes, so that a session ends with its token or key and never outlives its rights.
 */
export interface Session {
  kind: 'admin' | 'key';
  /** Name of the admin token, or of the key. */
  name: string;
  /** Id of the key; undefined for an administrator. */
  keyId: string | undefined;
  secret: string;
  /** Unix ms. */
  createdAt: number;
  lastUsedAt: number;
}

/** Unused for so long, a session is over. */
const IDLE_MS = 8 * 3_600_000;
/** A session is over after this, used or not. */
export const LONGEST_MS = 24 * 3_600_000;
/** Of one holder. Beyond that the holder's own that is unused longest ends: nobody logs others out. */
const MOST_OF_ONE = 100;
/** Of all; beyond that the one unused longest ends. */
const MOST_SESSIONS = 10_000;

/** Who is logged in at the console. In memory only: a restart logs everybody out. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** The id is 256 random bits: the cookie is all that it takes. */
  open(session: Pick<Session, 'kind' | 'name' | 'keyId' | 'secret'>, nowMs: number): string {
    const own = [...this.#sessions].filter(([, other]) => holderOf(other) === holderOf(session));
    // They are in the order of their last use.
    for (const [unused] of own.slice(0, Math.max(0, own.length + 1 - MOST_OF_ONE))) this.#sessions.delete(unused);
    this.#forget(nowMs);
    const id = randomBytes(32).toString('base64url');
    this.#sessions.set(id, { ...session, createdAt: nowMs, lastUsedAt: nowMs });
    return id;
  }

  /** The session of an id, marked as used now; undefined when there is none, or it is over. */
  find(id: string, nowMs: number): Session | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    this.#sessions.delete(id);
    if (isOver(session, nowMs)) return undefined;
    session.lastUsedAt = nowMs;
    // Set anew, so that the order of the map is that of the last use.
    this.#sessions.set(id, session);
    return session;
  }

  close(id: string): void {
    this.#sessions.delete(id);
  }

  get size(): number {
    return this.#sessions.size;
  }

  #forget(nowMs: number): void {
    for (const [id, session] of this.#sessions) {
      if (!isOver(session, nowMs) && this.#sessions.size < MOST_SESSIONS) return;
      this.#sessions.delete(id);
    }
  }
}

const holderOf = ({ kind, name, keyId }: Pick<Session, 'kind' | 'name' | 'keyId'>): string =>
  `${kind} ${keyId ?? name}`;

function isOver({ createdAt, lastUsedAt }: Session, nowMs: number): boolean {
  return nowMs - lastUsedAt > IDLE_MS || nowMs - createdAt > LONGEST_MS;
}

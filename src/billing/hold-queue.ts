import type { LeaveSignal } from './money.ts';

/** Calls that only the holds of other calls keep out. In order of arrival, few, and not for long. */
export class HoldQueue {
  readonly #waiting = new Set<() => void>();
  #passDue = false;

  /**
   * Resolves true as soon as `attempt` succeeds after something was let go, false when `waitMs` have passed or too many
   * wait already. Rejects with what `attempt` throws, and with the signal's reason.
   */
  wait(attempt: () => boolean, waitMs: number, signal?: LeaveSignal): Promise<boolean> {
    if (this.#waiting.size >= MOST_WAITING) return Promise.resolve(false);
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        this.#waiting.delete(entry);
      };
      const entry = () => {
        try {
          if (!attempt()) return;
          resolve(true);
        } catch (error) {
          reject(error);
        }
        leave();
      };
      const aborted = () => {
        leave();
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        leave();
        resolve(false);
      }, waitMs);
      signal?.addEventListener('abort', aborted);
      this.#waiting.add(entry);
      if (signal?.aborted) aborted();
    });
  }

  /** Something was let go: those who wait try again, once per turn of the event loop however much was let go in it. */
  wake(): void {
    if (this.#waiting.size === 0 || this.#passDue) return;
    this.#passDue = true;
    setImmediate(() => {
      this.#passDue = false;
      for (const entry of [...this.#waiting]) entry();
    });
  }

  get size(): number {
    return this.#waiting.size;
  }
}

/** A pass over them must stay cheap; who comes later is told to try again. */
const MOST_WAITING = 256;

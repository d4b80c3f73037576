import type { Logger } from '../observability/log.ts';
import type { RunningServer } from './lifecycle.ts';

/** After the cut, what still runs gets this long to notice. */
const CUT_GRACE_MS = 2_000;
const CLOSE_TIMEOUT_MS = 30_000;

interface DrainOptions {
  timeoutMs: number;
  /** Called between the last answer and the closing of the storage. */
  beforeClose: () => Promise<void>;
  log: Logger;
}

/**
 * Ends a server in order: no new requests, running answers to their end (or to an error at the timeout), charges settled,
 * storage closed. Returns the exit code: 0, or 1 when something did not end as it should.
 */
export async function drain(server: RunningServer, { timeoutMs, beforeClose, log }: DrainOptions): Promise<number> {
  const cut = new AbortController();
  const timer = setTimeout(() => cut.abort(), timeoutMs);
  let code = 0;
  try {
    const drained = await inTime(server.drain(cut.signal), timeoutMs + CUT_GRACE_MS);
    if (!drained || cut.signal.aborted)
      log.warn('server.cut', { note: 'answers were still running at the drain timeout' });
  } catch (error) {
    log.error('server.drain_failed', { error });
    code = 1;
  }
  clearTimeout(timer);
  try {
    await beforeClose();
    // Every charge must be on disk before the process says that it ended well.
    if (!(await inTime(server.close(), CLOSE_TIMEOUT_MS))) throw new Error('storage did not close');
  } catch (error) {
    log.error('server.close_failed', { error });
    code = 1;
  }
  return code;
}

/** False when the promise has not settled after the given milliseconds. */
async function inTime(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

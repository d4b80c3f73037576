import { write, writeSync } from 'node:fs';

/** Where finished lines go. */
export interface LogSink {
  write: (line: string) => void;
  /** Resolves when everything so far is written, or its reader has stalled for too long: who waits for this is about to end. */
  flush: () => Promise<void>;
  flushSync: () => void;
}

const FLUSH_AFTER_MS = 50;
const FLUSH_AT_CHARACTERS = 64 * 1024;
/** A reader that stalls must not cost the gateway its memory; what is beyond is counted and told. */
const MAX_WAITING_CHARACTERS = 4 * 1024 * 1024;
const RETRY_MS = 20;
const LAST_MOMENT_MS = 500;
const FLUSH_LIMIT_MS = 2_000;

/** Writes to stderr in batches and off the road: a line costs the caller a push to a list. */
export function stderrSink(): LogSink {
  return fileSink(2);
}

/**
 * The same for any file descriptor. One write is under way at a time; the next batch gathers meanwhile. `flushLimitMs`: how
 * long a flush waits at most.
 */
export function fileSink(fd: number, flushLimitMs = FLUSH_LIMIT_MS): LogSink {
  let waiting: string[] = [];
  let characters = 0;
  let dropped = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;

  const take = (): Buffer => {
    if (dropped > 0) waiting.push(`${JSON.stringify({ level: 'warn', event: 'log.dropped', count: dropped })}\n`);
    const batch = Buffer.from(waiting.join(''));
    waiting = [];
    characters = 0;
    dropped = 0;
    return batch;
  };

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    await running;
    if (waiting.length > 0) {
      running ??= writeAll(fd, take()).finally(() => {
        running = undefined;
        if (waiting.length > 0) schedule();
      });
    }
    await running;
  };

  const schedule = () => {
    timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS);
  };

  return {
    write: (line) => {
      if (characters + line.length > MAX_WAITING_CHARACTERS) {
        dropped += 1;
        return;
      }
      waiting.push(line);
      characters += line.length;
      if (characters >= FLUSH_AT_CHARACTERS && running === undefined) void flush();
      else schedule();
    },
    flush: () => {
      const limit = Promise.withResolvers<void>();
      // A process that has nothing else to do does not wait for it.
      setTimeout(limit.resolve, flushLimitMs).unref();
      return Promise.race([flush(), limit.promise]);
    },
    flushSync: () => {
      clearTimeout(timer);
      timer = undefined;
      if (waiting.length > 0) writeAllSync(fd, take());
    },
  };
}

/** Never rejects: when stderr is gone there is nobody to tell. */
async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) {
    const written = await new Promise<number>((resolve) => {
      write(fd, rest, (error, count) => resolve(error === null ? count : busy(error) ? 0 : rest.length));
    });
    rest = rest.subarray(written);
    // A pipe whose reader is slow: the lines wait here, not the event loop.
    if (written === 0) await Bun.sleep(RETRY_MS);
  }
}

function writeAllSync(fd: number, bytes: Buffer): void {
  const deadline = Date.now() + LAST_MOMENT_MS;
  let rest = bytes;
  while (rest.length > 0 && Date.now() < deadline) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (!busy(error)) return;
      Bun.sleepSync(RETRY_MS);
    }
  }
}

function busy(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'EAGAIN';
}

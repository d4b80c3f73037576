import type { Database } from 'bun:sqlite';
import type { Write } from '../writes.ts';
import { BatchWriter, type WriteReply } from './batch-writer.ts';
import { readCharges } from './charge-text.ts';
import { openForWriting } from './connection.ts';
import { describeFailure, type Failure } from './failure.ts';
import { damage, FileGuard } from './file-guard.ts';

/** Runs in a thread of its own, so that a slow disk delays settlements and nothing else. One message, one commit. */
export type ToWriter =
  | { type: 'open'; path: string }
  /** One charge a line, see charge-text.ts. */
  | { type: 'charges'; lines: string }
  | { type: 'commit'; writes: Write[] }
  | { type: 'probe' }
  | { type: 'close' };

export type FromWriter =
  /** No replies: all were accepted, and none has a result. */
  | { type: 'committed'; replies: WriteReply[] | undefined }
  | { type: 'writable' }
  | { type: 'failed'; failure: Failure }
  | { type: 'closed' };

/** How far stored sums may lag behind their rows. */
const SUM_AFTER_MS = 1_000;
/** Each waits for readers as long as any statement does. */
const FOLD_TRIES = 8;

let path = '';
let db: Database | undefined;
let writer: BatchWriter | undefined;
/** Of the file that the process started with, also after it was opened anew. */
let guard: FileGuard | undefined;
let summing: ReturnType<typeof setTimeout> | undefined;
/** After damage was seen, nothing is written until the whole file was found sound. */
let suspect = false;
/** From a failure until something is on the disk: a disk may take what it does not keep. */
let failing = false;
/**
 * From a sync that failed until the log begins anew. The system tells of pages that it could not write once, and takes them
 * for written from then on; those of commits that were not synced stand before the next, which no start would find behind a gap.
 */
let torn = false;

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<ToWriter>) => {
  try {
    self.postMessage(answer(data));
  } catch (error) {
    const failure = describeFailure(error);
    if (failure.kind === 'corrupt') suspect = true;
    failing = true;
    if ((error as { code?: unknown }).code === 'SQLITE_IOERR_FSYNC' && !torn) {
      torn = true;
      writeOver();
    }
    // A new connection sees a file that was put back, and a disk that was mounted anew. But a log that is gone from the
    // folder is had by this one alone, until it is folded.
    if (folded()) close();
    self.postMessage({ type: 'failed', failure } satisfies FromWriter);
  }
};

function answer(message: ToWriter): FromWriter {
  switch (message.type) {
    case 'open':
      path = message.path;
      opened();
      // A run before this one may have ended with a torn log, and told nobody.
      beginLogAnew();
      return { type: 'writable' };
    case 'charges':
      return committed(readCharges(message.lines).map((charge) => ({ kind: 'charge', charge })));
    case 'commit':
      return committed(message.writes);
    case 'probe':
      opened().probe(failing);
      failing = false;
      return { type: 'writable' };
    case 'close':
      clearTimeout(summing);
      // What this run wrote. What another left behind is read with the sums, and stays as it is for whoever looks into it.
      if (writer?.unsummed) writer.sumUp();
      db?.run('PRAGMA wal_checkpoint(TRUNCATE)');
      close();
      guard?.close();
      return { type: 'closed' };
  }
}

function committed(writes: Write[]): FromWriter {
  const replies = opened().commit(writes);
  failing = false;
  proveKept();
  if (writer?.unsummed) summing ??= setTimeout(sumUp, SUM_AFTER_MS);
  const plain = replies.every((reply) => reply.ok && reply.result === undefined);
  return { type: 'committed', replies: plain ? undefined : replies };
}

function opened(): BatchWriter {
  guard ??= new FileGuard(path);
  guard.check();
  if (writer === undefined) {
    db = openForWriting(path, false);
    if (suspect) {
      const check = db.query<{ quick_check: string }, []>('PRAGMA quick_check(1)').get();
      if (check?.quick_check !== 'ok') throw damage('SQLITE_CORRUPT');
      suspect = false;
    }
    writer = new BatchWriter(db);
  }
  if (torn && !beginLogAnew()) throw Object.assign(new Error('the log is read'), { code: 'SQLITE_BUSY' });
  torn = false;
  return writer;
}

/**
 * What the sync was for stands whole behind the log's end: a start after kill -9 would take it for committed, when it was refused.
 * Once is enough, for until the log begins anew no commit writes to it.
 */
function writeOver(): void {
  try {
    writer?.probe(false);
  } catch {
    // A disk that takes nothing more: the sync's failure is the one to tell.
  }
}

/** False while somebody reads from the log. */
function beginLogAnew(): boolean {
  return db!.query<{ busy: bigint }, []>('PRAGMA wal_checkpoint(TRUNCATE)').get()?.busy === 0n;
}

function close(): void {
  writer = undefined;
  try {
    db?.close();
  } catch {
    // What cannot be closed is left to the garbage collector: the failure that led here is the one to tell.
  }
  db = undefined;
}

/**
 * Throws where no later start could read what was committed. A log that was removed is folded into the database first, for as
 * long as an answer waits for its charge; from then on the guard refuses.
 */
function proveKept(): void {
  if (guard?.removed) throw damage('SQLITE_CORRUPT_REPLACED');
  for (let tries = 0; tries < FOLD_TRIES; tries++) if (folded() !== false) return;
  throw damage('SQLITE_CORRUPT_LOG');
}

/**
 * Folds a log that is gone from the folder into the database; false while somebody reads from it. Undefined where the folder
 * cannot be looked into: the log is not known to be gone, and the next check refuses.
 */
function folded(): boolean | undefined {
  if (db === undefined || guard === undefined) return true;
  try {
    if (guard.hasLog()) return true;
  } catch {
    return undefined;
  }
  try {
    return db.query<{ busy: bigint }, []>('PRAGMA wal_checkpoint(FULL)').get()?.busy === 0n;
  } catch {
    return false;
  }
}

/** Nobody waits for it: a disk that refuses is seen by the next commit, and the next that passes sums again. */
function sumUp(): void {
  summing = undefined;
  try {
    writer?.sumUp();
  } catch (error) {
    if (describeFailure(error).kind === 'corrupt') suspect = true;
    close();
  }
}

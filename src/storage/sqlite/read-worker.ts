import type { Database } from 'bun:sqlite';
import { closeSync, openSync } from 'node:fs';
import { StorageError } from '../store.ts';
import { openForReading } from './connection.ts';
import { describeFailure, type Failure } from './failure.ts';
import { findFaults } from './faults.ts';
import { auditRows, keyTotals, ledgerRows, usageRows } from './queries.ts';
import { usageBuckets } from './usage-buckets.ts';

/** What the management API reads, in a thread of its own: a long query delays no stream and no settlement. */
const questions = {
  usageRows,
  usageBuckets,
  ledgerRows,
  auditRows,
  keyTotals,
  findFaults,
  backup(db: Database, path: string): void {
    makeEmpty(path);
    db.query('VACUUM INTO ?').run(path);
  },
};

/** Made by us, for the mode: from its first byte on only the owner may read what is copied. */
function makeEmpty(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    throw new StorageError('conflict', 'the backup file exists already');
  }
}

type Questions = typeof questions;
export type Answer<Name extends keyof Questions> = ReturnType<Questions[Name]>;
export type QuestionName = keyof Questions;
export type Argument<Name extends keyof Questions> = Parameters<Questions[Name]>[1];

export type ToReader =
  | { type: 'open'; path: string }
  | { type: 'ask'; id: number; name: QuestionName; argument: unknown }
  | { type: 'close' };
export type FromReader =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; failure: Failure }
  | { closed: true };

let path = '';
let db: Database | undefined;

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<ToReader>) => {
  if (data.type === 'open') {
    path = data.path;
    return;
  }
  if (data.type === 'close') {
    db?.close();
    self.postMessage({ closed: true } satisfies FromReader);
    return;
  }
  const { id, name, argument } = data;
  try {
    db ??= openForReading(path);
    // The asking side is typed by the same table, see reader.ts.
    const run = questions[name] as (db: Database, argument: unknown) => unknown;
    self.postMessage({ id, ok: true, value: run(db, argument) } satisfies FromReader);
  } catch (error) {
    db?.close();
    db = undefined;
    self.postMessage({ id, ok: false, failure: describeFailure(error) } satisfies FromReader);
  }
};

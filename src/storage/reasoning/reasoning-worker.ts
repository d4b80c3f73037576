import type { Database } from 'bun:sqlite';
import type { MemoryBounds } from '../../protocols/reasoning-memory.ts';
import { openReasoningFile, storeTurns, type TurnRow } from './reasoning-file.ts';

/** What the writing thread is told. Every message is answered by one `true` (done) or `false` (it failed). */
export interface ToReasoningWriter {
  path: string;
  /** None: the file is only to be there. */
  rows: TurnRow[];
  bounds: MemoryBounds;
  nowMs: number;
}

/** Missing as long as the file could not be opened, which is tried with every message: the disk may have been full. */
let db: Database | undefined;

declare const self: Worker;

self.onmessage = ({ data: { path, rows, bounds, nowMs } }: MessageEvent<ToReasoningWriter>) => {
  try {
    db ??= openReasoningFile(path);
    if (rows.length > 0) storeTurns(db, rows, bounds, nowMs);
    self.postMessage(true);
  } catch {
    self.postMessage(false);
  }
};

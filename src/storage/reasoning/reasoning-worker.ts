import type { Database } from 'bun:sqlite';
import type { MemoryBounds } from '../../protocols/reasoning-memory.ts';
import { openReasoningFile, storeTurns, type TurnRow } from './reasoning-file.ts';

/** What the writing thread is told. Every message is answered by one `true` (done) or `false` (it failed). */
export type ToReasoningWriter =
  | { type: 'open'; path: string }
  | { type: 'store'; rows: TurnRow[]; bounds: MemoryBounds; nowMs: number }
  | { type: 'close' };

let db: Database | undefined;

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<ToReasoningWriter>) => {
  try {
    if (data.type === 'open') db = openReasoningFile(data.path);
    else if (data.type === 'store') storeTurns(db!, data.rows, data.bounds, data.nowMs);
    else db?.close();
    self.postMessage(true);
  } catch {
    self.postMessage(false);
  }
};

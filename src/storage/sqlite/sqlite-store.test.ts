import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract } from '../store-contract.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder: string | undefined;

storeContract('sqlite', {
  async open() {
    folder ??= await mkdtemp(join(tmpdir(), 'bytespike-store-'));
    return openSqliteStore({ path: join(folder, 'bytespike.db') });
  },
  async clean() {
    if (folder !== undefined) await rm(folder, { recursive: true });
    folder = undefined;
  },
});

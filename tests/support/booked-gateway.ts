import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedMoney, openMoney } from '../../src/billing/index.ts';
import { type TestGateway, type TestGatewayOptions, testGateway } from './gateway.ts';

export interface BookedGateway extends Omit<TestGateway, 'money'> {
  books: OpenedMoney;
  /** For the management API. */
  adminToken: string;
}

const adminToken = 'an-admin-token-of-thirty-two-characters';

/** A gateway in this process with real money in a folder of its own, and the management API. */
export async function bookedGateway(
  options: Omit<TestGatewayOptions, 'books'> & { creditUsd?: string; holdWaitMs?: number } = {},
): Promise<BookedGateway> {
  const { creditUsd = '100', holdWaitMs = 2_000 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'bytespike-booked-'));
  const books = await openMoney({ dataFolder: folder, creditUsd, holdWaitMs });
  await books.ensureBootstrap({ adminToken, bootstrapKey: undefined });
  const gateway = await testGateway({ ...options, books });
  return {
    ...gateway,
    books,
    adminToken,
    [Symbol.asyncDispose]: async () => {
      await gateway[Symbol.asyncDispose]();
      await books.close();
      await rm(folder, { recursive: true });
    },
  };
}

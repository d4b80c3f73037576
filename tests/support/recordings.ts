import { join } from 'node:path';

/** Where answers and requests recorded from real services and agents lie: beside the checkout, or where the environment says. */
export const RECORDINGS =
  process.env.BYTESPIKE_TEST_RECORDINGS ?? join(import.meta.dir, '..', '..', '..', 'shared', 'recordings');

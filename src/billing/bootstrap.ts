import { GatewayError } from '../errors/catalogue.ts';
import { type Actor, START } from '../keys/actor.ts';
import type { AdminTokenService } from '../keys/admin-token-service.ts';
import { FIRST_TOKEN } from '../keys/admin-token-service.ts';
import { DEFAULT_ACCOUNT, DEFAULT_GROUP } from '../keys/key.ts';
import type { KeyDirectory } from '../keys/key-directory.ts';
import { type KeyService, NO_LIMITS } from '../keys/key-service.ts';
import { generateAdminToken, generateKeySecret } from '../keys/secret.ts';
import type { Write } from '../storage/writes.ts';
import { parseUsd } from './rates.ts';

/** What the environment says at a start. */
export interface BootstrapInput {
  adminToken: string | undefined;
  bootstrapKey: string | undefined;
  /** Decimal USD, or `unlimited`; counts at the first start only. */
  creditUsd: string;
}

/** Secrets that this start generated, to be shown this once; undefined where none was. */
export interface BootstrapResult {
  firstStart: boolean;
  adminToken: string | undefined;
  bootstrapKey: string | undefined;
}

/** Name of the first API key. */
export const BOOTSTRAP_KEY_NAME = 'bootstrap';

/** The account, its group and its credit, for a database that has none. Throws `invalid_param` for a wrong amount. */
export function founding(creditUsd: string, nowMs: number): Write[] {
  const unlimited = creditUsd === 'unlimited';
  const account = { id: DEFAULT_ACCOUNT, name: DEFAULT_ACCOUNT, unlimited, createdAt: nowMs };
  const group = {
    id: DEFAULT_GROUP,
    accountId: DEFAULT_ACCOUNT,
    name: DEFAULT_GROUP,
    models: undefined,
    multiplier: '1',
    exclusive: false,
    allowedAccounts: [DEFAULT_ACCOUNT],
    createdAt: nowMs,
    updatedAt: nowMs,
  };
  const writes: Write[] = [
    { kind: 'account', account, audit: undefined },
    { kind: 'group', group, audit: undefined },
  ];
  const amount = unlimited ? 0n : parseUsd(creditUsd, 'BYTESPIKE_BOOTSTRAP_CREDIT_USD');
  if (amount === 0n) return writes;
  const transfer = {
    accountId: DEFAULT_ACCOUNT,
    cause: 'top_up' as const,
    amount,
    at: nowMs,
    note: 'credit of the first start',
    actor: START.name,
    idempotencyKey: 'first-start-credit',
  };
  return [...writes, { kind: 'transfer', transfer, audit: undefined }];
}

/** A variable that is set is the truth at every start; what is not set is generated once. Throws `conflict` with the variable as `param`. */
export async function ensureSecrets(
  input: Pick<BootstrapInput, 'adminToken' | 'bootstrapKey'>,
  deps: { keys: KeyService; tokens: AdminTokenService; directory: KeyDirectory },
): Promise<Pick<BootstrapResult, 'adminToken' | 'bootstrapKey'>> {
  const [adminToken, bootstrapKey] = await Promise.all([
    ensureAdminToken(input.adminToken, deps.tokens, START),
    ensureBootstrapKey(input.bootstrapKey, deps, START),
  ]);
  return { adminToken, bootstrapKey };
}

async function ensureAdminToken(
  given: string | undefined,
  tokens: AdminTokenService,
  actor: Actor,
): Promise<string | undefined> {
  if (given !== undefined) {
    await tokens.ensure(given, actor);
    return undefined;
  }
  if (tokens.any()) return undefined;
  const secret = generateAdminToken();
  await tokens.ensure(secret, actor, FIRST_TOKEN);
  return secret;
}

async function ensureBootstrapKey(
  given: string | undefined,
  { keys, directory }: { keys: KeyService; directory: KeyDirectory },
  actor: Actor,
): Promise<string | undefined> {
  if (given === undefined && directory.keys().length > 0) return undefined;
  const secret = given ?? generateKeySecret();
  try {
    await keys.ensureFirst({ ...NO_LIMITS, name: BOOTSTRAP_KEY_NAME }, secret, actor);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'conflict') throw error;
    throw new GatewayError('conflict', 'It is or was the secret of another API key.', {
      param: 'BYTESPIKE_BOOTSTRAP_KEY',
    });
  }
  return given === undefined ? secret : undefined;
}

import { GatewayError } from '../errors/catalogue.ts';
import { START } from '../keys/actor.ts';
import type { AdminTokenService } from '../keys/admin-token-service.ts';
import { ENVIRONMENT_TOKEN, FIRST_TOKEN } from '../keys/admin-token-service.ts';
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

/** Secrets that this start generated; undefined where none was. */
export interface GeneratedSecrets {
  adminToken: string | undefined;
  bootstrapKey: string | undefined;
}

/** Brings generated secrets before the operator, where they can be read from then on. Rejects where it could not. */
export type ShowSecrets = (secrets: GeneratedSecrets) => Promise<void>;

/** Name of the first API key. */
const BOOTSTRAP_KEY_NAME = 'bootstrap';

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

/**
 * A variable that is set is the truth at every start; what is not set is generated once. `show` has done its part before
 * anything is stored: a start that ends between the two leaves words that open nothing, and the next one makes others. The
 * other way round it would leave secrets that nobody knows. Throws `conflict` with the variable as `param`.
 */
export async function ensureSecrets(
  input: Pick<BootstrapInput, 'adminToken' | 'bootstrapKey'>,
  deps: { keys: KeyService; tokens: AdminTokenService; directory: KeyDirectory },
  show: ShowSecrets,
): Promise<GeneratedSecrets> {
  const { keys, tokens, directory } = deps;
  const generated: GeneratedSecrets = {
    adminToken: input.adminToken === undefined && !tokens.any() ? generateAdminToken() : undefined,
    bootstrapKey: input.bootstrapKey === undefined && directory.keys().length === 0 ? generateKeySecret() : undefined,
  };
  if (generated.adminToken !== undefined || generated.bootstrapKey !== undefined) await show(generated);
  const adminToken = input.adminToken ?? generated.adminToken;
  const bootstrapKey = input.bootstrapKey ?? generated.bootstrapKey;
  const tokenName = input.adminToken === undefined ? FIRST_TOKEN : ENVIRONMENT_TOKEN;
  await Promise.all([
    adminToken !== undefined &&
      named('BYTESPIKE_ADMIN_TOKEN', 'is or was the secret of an API key', tokens.ensure(adminToken, START, tokenName)),
    bootstrapKey !== undefined &&
      named(
        'BYTESPIKE_BOOTSTRAP_KEY',
        'is or was the secret of another API key, or an admin token',
        keys.ensureFirst({ ...NO_LIMITS, name: BOOTSTRAP_KEY_NAME }, bootstrapKey, START),
      ),
  ]);
  return generated;
}

/** A secret that cannot be had, told as the variable that sets it. */
async function named(variable: string, problem: string, ensuring: Promise<unknown>): Promise<void> {
  try {
    await ensuring;
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'conflict') throw error;
    throw new GatewayError('conflict', problem, { param: variable });
  }
}

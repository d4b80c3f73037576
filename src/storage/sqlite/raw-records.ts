import type {
  AccountRecord,
  AdminTokenRecord,
  GroupRecord,
  KeyRecord,
  SecretRecord,
  WalletRecord,
} from '../records.ts';
import { optionalNumber } from './raw-rows.ts';

/** What a start reads into memory: rows as SQLite gives them (integers are bigint), and the records that they are. */
export interface RawKey {
  id: string;
  account_id: string;
  name: string;
  masked: string;
  group_id: string;
  quota: bigint;
  limit_5h: bigint;
  limit_1d: bigint;
  limit_7d: bigint;
  rpm: bigint;
  tpm: bigint;
  concurrency: bigint;
  ip_allow: string;
  ip_deny: string;
  models: string;
  expires_at: bigint | null;
  created_at: bigint;
  updated_at: bigint;
  status: KeyRecord['status'];
  on_limit: KeyRecord['onLimit'];
}

export function toKey(raw: RawKey): KeyRecord {
  return {
    id: raw.id,
    accountId: shared(raw.account_id),
    name: raw.name,
    masked: raw.masked,
    groupId: shared(raw.group_id),
    quota: raw.quota,
    limit5h: raw.limit_5h,
    limit1d: raw.limit_1d,
    limit7d: raw.limit_7d,
    rpm: Number(raw.rpm),
    tpm: Number(raw.tpm),
    concurrency: Number(raw.concurrency),
    ipAllow: textList(raw.ip_allow),
    ipDeny: textList(raw.ip_deny),
    models: textList(raw.models),
    expiresAt: optionalNumber(raw.expires_at),
    createdAt: Number(raw.created_at),
    updatedAt: Number(raw.updated_at),
    status: shared(raw.status),
    onLimit: shared(raw.on_limit),
  };
}

export interface RawGroup {
  id: string;
  account_id: string;
  name: string;
  models: string | null;
  multiplier: string;
  exclusive: bigint;
  allowed_accounts: string;
  created_at: bigint;
  updated_at: bigint;
}

export function toGroup(raw: RawGroup): GroupRecord {
  return {
    id: raw.id,
    accountId: raw.account_id,
    name: raw.name,
    models: raw.models === null ? undefined : textList(raw.models),
    multiplier: raw.multiplier,
    exclusive: raw.exclusive === 1n,
    allowedAccounts: textList(raw.allowed_accounts),
    createdAt: Number(raw.created_at),
    updatedAt: Number(raw.updated_at),
  };
}

export interface RawSecret {
  hash: string;
  key_id: string;
  created_at: bigint;
  valid_until: bigint | null;
}

export const toSecret = (raw: RawSecret): SecretRecord => ({
  hash: raw.hash,
  keyId: raw.key_id,
  createdAt: Number(raw.created_at),
  validUntil: optionalNumber(raw.valid_until),
});

export interface RawAdminToken {
  id: string;
  name: string;
  hash: string;
  created_at: bigint;
  revoked_at: bigint | null;
}

export const toAdminToken = (raw: RawAdminToken): AdminTokenRecord => ({
  id: raw.id,
  name: raw.name,
  hash: raw.hash,
  createdAt: Number(raw.created_at),
  revokedAt: optionalNumber(raw.revoked_at),
});

export interface RawAccount {
  id: string;
  name: string;
  unlimited: bigint;
  created_at: bigint;
}

export const toAccount = (raw: RawAccount): AccountRecord => ({
  id: raw.id,
  name: raw.name,
  unlimited: raw.unlimited === 1n,
  createdAt: Number(raw.created_at),
});

export interface RawWallet {
  account_id: string;
  wallet: bigint;
  revenue: bigint;
  top_up: bigint;
  adjustment: bigint;
  absorbed: bigint;
  topped_up_to: bigint;
}

export const toWallet = (raw: RawWallet): WalletRecord => ({
  accountId: raw.account_id,
  balance: raw.wallet,
  // What the books lost is what the wallet gained.
  toppedUp: -raw.top_up,
  adjusted: -raw.adjustment,
  spent: raw.revenue + raw.absorbed,
  absorbed: -raw.absorbed,
  toppedUpTo: raw.topped_up_to,
});

/** Texts that many keys have in common, each once in memory: SQLite gives every row a copy of its own. */
const sharedTexts = new Map<string, string>();

function shared<Text extends string>(text: Text): Text {
  const known = sharedTexts.get(text);
  if (known !== undefined) return known as Text;
  sharedTexts.set(text, text);
  return text;
}

/** Most lists are empty, and 100,000 keys have three each. */
const NONE: string[] = [];

/** Lists that this program wrote. */
function textList(json: string): string[] {
  if (json === '[]') return NONE;
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.map(String) : [];
}

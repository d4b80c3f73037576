import type { AdminTokenRecord, GroupRecord, KeyRecord } from '../storage/records.ts';

/** All that is stored of them is in memory, and is what the road sees. */
export type Key = KeyRecord;
export type Group = GroupRecord;
export type AdminToken = AdminTokenRecord;

/** The account that everything belongs to until there are several. */
export const DEFAULT_ACCOUNT = 'default';
export const DEFAULT_GROUP = 'default';

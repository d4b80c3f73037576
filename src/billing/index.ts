/** Keys, limits, wallet and ledger: open it once per process. */
export type { GeneratedSecrets } from './bootstrap.ts';
export type { WalletStatus } from './money.ts';
export { DATABASE_FILE, type KeyStanding, type OpenedMoney, openMoney } from './open-money.ts';

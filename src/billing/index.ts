/** Keys, limits, wallet and ledger: open it once per process. */
export type { BootstrapResult, GeneratedSecrets } from './bootstrap.ts';
export type { DoctorReport } from './doctor.ts';
export type { Charge, Money, MoneyEvent, Outcome, Reservation, ReserveInput, WalletStatus } from './money.ts';
export { DATABASE_FILE, type KeyStanding, type MoneyOptions, type OpenedMoney, openMoney } from './open-money.ts';

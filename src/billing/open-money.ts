import { join } from 'node:path';
import { GatewayError } from '../errors/catalogue.ts';
import { AdminTokenService } from '../keys/admin-token-service.ts';
import { GroupService } from '../keys/group-service.ts';
import { DEFAULT_ACCOUNT, type Key } from '../keys/key.ts';
import { KeyDirectory } from '../keys/key-directory.ts';
import { KeyService } from '../keys/key-service.ts';
import { Serial } from '../keys/serial.ts';
import type { RequestLimits, RequestLimitValues } from '../limits/request-limits.ts';
import type { KeySpending } from '../storage/records.ts';
import { openSqliteStore } from '../storage/sqlite/sqlite-store.ts';
import { StorageError, type Store } from '../storage/store.ts';
import { type BootstrapInput, ensureSecrets, founding, type GeneratedSecrets, type ShowSecrets } from './bootstrap.ts';
import type { Limit } from './budget.ts';
import { Budgets } from './budgets.ts';
import { type DoctorReport, examine } from './doctor.ts';
import { limitHeaders } from './limit-headers.ts';
import type { Admission, Money, MoneyEvent, Reservation, ReserveInput, WalletStatus } from './money.ts';
import { ReservationDesk } from './reservation.ts';
import { Wallet } from './wallet.ts';
import { WalletService } from './wallet-service.ts';

interface MoneyOptions {
  /** Folder of the embedded database; it exists, and this process alone holds it. */
  dataFolder: string;
  /** What the account holds when the database is new: decimal USD, or `unlimited`. */
  creditUsd: string;
  onEvent?: (event: MoneyEvent) => void;
  /** Unix ms. */
  now?: () => number;
  /** Milliseconds of a clock that never steps back. */
  monotonicNow?: () => number;
  /** How long a call waits when only the holds of running calls stand in its way. */
  holdWaitMs?: number;
}

/** The road's view and, beside it, what the start and the management API need. */
export interface OpenedMoney extends Money {
  readonly store: Store;
  readonly directory: KeyDirectory;
  readonly keys: KeyService;
  readonly groups: GroupService;
  readonly adminTokens: AdminTokenService;
  readonly wallet: WalletService;
  now(): number;
  /** Brings the secrets of the environment in force; those that it generates are shown first, and returned. */
  ensureBootstrap(input: Omit<BootstrapInput, 'creditUsd'>, show?: ShowSecrets): Promise<GeneratedSecrets>;
  /** For the log and for readiness. */
  walletStatus(): WalletStatus;
  /** Where a key stands now. Rejects with StorageError when it is not in memory and cannot be read. */
  readStanding(key: Key): Promise<KeyStanding>;
  /** The same without a wait: of a key that is not in memory, by what is `stored`, as of the instant it was asked for. */
  standingOf(key: Key, nowMs: number, stored: KeySpending | undefined): KeyStanding;
  /** Proves the books; see doctor.ts. Who asks while that is underway gets the same report. */
  doctor(): Promise<DoctorReport>;
  /** Writes a consistent copy of the database to a new file, while serving. */
  backup(path: string): Promise<void>;
  /** Stores what waits and closes. Call when no request runs any more. */
  close(): Promise<void>;
}

/** Where a key stands with its limits. Nano-dollars. */
export interface KeyStanding {
  spent: bigint;
  reserved: bigint;
  /** What it can still spend; undefined: nothing limits it. */
  available: bigint | undefined;
  limits: Limit[];
  /** Its requests and tokens in the last minute, and its requests in flight. */
  traffic: RequestLimitValues;
}

/** Name of the database file in the data folder. */
export const DATABASE_FILE = 'bytespike.db';

/** Opens the database in the data folder and takes charge of its money. Throws StorageError, see sqlite-store.ts. */
export async function openMoney(options: MoneyOptions): Promise<OpenedMoney> {
  const onEvent = options.onEvent ?? (() => {});
  const now = options.now ?? Date.now;
  const store = openSqliteStore({
    path: join(options.dataFolder, DATABASE_FILE),
    founding: founding(options.creditUsd, now()),
    onHealth: (healthy, reason) => onEvent({ type: 'storage', healthy, reason }),
  });
  return moneyOn(store, { ...options, onEvent, now });
}

/** Money on a store that is open already. */
export function moneyOn(store: Store, options: MoneyOptions): OpenedMoney {
  return new EmbeddedMoney(store, { onEvent: () => {}, now: Date.now, ...options });
}

/** A place among the requests of a key that run at once. */
class Slot implements Admission {
  #requests: RequestLimits | undefined;

  constructor(requests: RequestLimits) {
    this.#requests = requests;
  }

  release(): void {
    this.#requests?.leave();
    this.#requests = undefined;
  }
}

class EmbeddedMoney implements OpenedMoney {
  readonly store: Store;
  readonly directory: KeyDirectory;
  readonly keys: KeyService;
  readonly groups: GroupService;
  readonly adminTokens: AdminTokenService;
  readonly wallet: WalletService;
  readonly now: () => number;
  readonly #budgets: Budgets;
  readonly #desk: ReservationDesk;
  #examination: Promise<DoctorReport> | undefined;

  constructor(store: Store, options: MoneyOptions & { onEvent: (event: MoneyEvent) => void; now: () => number }) {
    const { now, onEvent } = options;
    const { snapshot } = store;
    const account = snapshot.accounts.find(({ id }) => id === DEFAULT_ACCOUNT);
    if (account === undefined) throw new StorageError('unusable', 'the database has no account');
    const wallet = new Wallet(
      account,
      snapshot.wallets.find(({ accountId }) => accountId === account.id),
    );
    const serial = new Serial();
    const directory = new KeyDirectory(snapshot);
    const deps = { store, directory, serial, now };
    this.store = store;
    this.now = now;
    this.directory = directory;
    this.keys = new KeyService({ ...deps, onChanged: () => this.#desk.wake() });
    this.groups = new GroupService(deps);
    this.adminTokens = new AdminTokenService(deps);
    this.#budgets = new Budgets(store, wallet, options.monotonicNow);
    this.#desk = new ReservationDesk({
      store,
      now,
      currentKey: (key) => this.#current(key),
      waitMs: options.holdWaitMs ?? 2_000,
      onEvent,
    });
    this.wallet = new WalletService({ ...deps, wallet, account, onEvent, onReceived: () => this.#desk.wake() });
  }

  findKey(secret: string): Key | undefined {
    return this.directory.find(secret, this.now());
  }

  admit(key: Key, clientIp: string): Admission {
    this.checkAddress(key, clientIp);
    const { requests } = this.#budgets.of(key.id);
    requests.enter(key);
    return new Slot(requests);
  }

  checkAddress(key: Key, clientIp: string): void {
    if (this.directory.allowsAddress(key, clientIp)) return;
    throw new GatewayError('permission_denied', 'This API key may not be used from your address.');
  }

  mayUse(key: Key, modelId: string): boolean {
    return this.directory.reaches(key, modelId);
  }

  reserve(input: ReserveInput): Reservation | Promise<Reservation> {
    const key = this.#current(input.key);
    const group = this.directory.group(key.groupId);
    if (group === undefined)
      throw new GatewayError('internal_error', 'The key belongs to a group that does not exist.');
    return this.#desk.reserve(input, group, this.#budgets.of(key.id));
  }

  limitHeaders(key: Key, nowMs: number): Readonly<Record<string, string>> {
    const current = this.#current(key);
    try {
      return limitHeaders(current, this.#budgets.of(key.id), nowMs);
    } catch (error) {
      // An answer is better without these headers than not given at all.
      if (error instanceof GatewayError) return {};
      throw error;
    }
  }

  /** A key with its limits as they stand now: they may have changed since its request was authenticated. */
  #current(key: Key): Key {
    return this.directory.key(key.id) ?? key;
  }

  healthy(): boolean {
    return this.store.healthy();
  }

  ensureBootstrap(
    input: Omit<BootstrapInput, 'creditUsd'>,
    show: ShowSecrets = async () => {},
  ): Promise<GeneratedSecrets> {
    const { keys, adminTokens: tokens, directory } = this;
    return ensureSecrets(input, { keys, tokens, directory }, show);
  }

  walletStatus(): WalletStatus {
    return this.wallet.status();
  }

  async readStanding(key: Key): Promise<KeyStanding> {
    const nowMs = this.now();
    const inUse = this.#budgets.has(key.id);
    const stored = inUse ? undefined : (await this.store.keyTotals({ keyIds: [key.id], nowMs })).get(key.id);
    return this.standingOf(key, nowMs, stored);
  }

  standingOf(key: Key, nowMs: number, stored: KeySpending | undefined): KeyStanding {
    const budget = this.#budgets.lookAt(key.id, stored);
    const limits = budget.limits(key, nowMs);
    const available = limits.length === 0 ? undefined : budget.room(key, nowMs);
    return { spent: budget.spent, reserved: budget.held, available, limits, traffic: budget.requests.used() };
  }

  doctor(): Promise<DoctorReport> {
    this.#examination ??= examine(this.store).finally(() => {
      this.#examination = undefined;
    });
    return this.#examination;
  }

  backup(path: string): Promise<void> {
    return this.store.backup(path);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

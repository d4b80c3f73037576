import { join } from 'node:path';
import { type OpenedMoney, openMoney } from '../billing/index.ts';
import { formatUsd } from '../billing/usd.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { CatalogError } from '../models/catalog-error.ts';
import { warnings } from '../models/warnings.ts';
import { descriptorLimit } from '../observability/descriptors.ts';
import type { Logger } from '../observability/log.ts';
import type { House } from '../pipeline/house.ts';
import { StoredReasoningMemory } from '../storage/reasoning/stored-reasoning-memory.ts';
import { StorageError } from '../storage/store.ts';
import { routeTo } from '../upstreams/registry.ts';
import { createAnswer, type Readiness } from './answer.ts';
import { asFolderError } from './data-folder.ts';
import { showGeneratedSecrets } from './first-start.ts';
import { buildHouse } from './house.ts';
import type { Lifecycle, RunningServer } from './lifecycle.ts';
import { type Listener, listen } from './listener.ts';
import { createRooms } from './rooms.ts';

/**
 * Opens the storage, wires the road and listens. Rejects with ConfigError when a setting stands in the way, with
 * UnavailableError when the disk does for now.
 */
export async function startServer(config: Config, life: Lifecycle): Promise<RunningServer> {
  const { log, metrics } = life;
  let money: OpenedMoney | undefined;
  try {
    money = await openMoney({
      dataFolder: life.dataFolder,
      creditUsd: config.bootstrapCreditUsd,
      onEvent: (event) => {
        if (event.type === 'storage') {
          log[event.healthy ? 'info' : 'error']('storage.health', {
            note: event.healthy ? 'writes again' : `refuses writes: ${event.reason}`,
          });
        } else if (event.type === 'beyond-books') {
          log.error('charge.beyond_books', {
            request_id: event.requestId,
            api_key_id: event.keyId,
            note: 'the upstream reported more than the books can hold: what was held is charged',
          });
        } else if (event.type === 'wallet-level' && event.level !== 'ok') {
          log.warn('wallet.low', { available_usd: formatUsd(event.balance), note: event.level });
        }
      },
    });
    return await serve(config, life, money);
  } catch (error) {
    // What stood in the way of the start may stand in the way of this, and is the one to tell.
    await money?.close().catch(() => {});
    throw asSettingError(error, life.dataFolder);
  } finally {
    metrics.observe('bytespike_resident_bytes', 'Memory of this process.', () => process.memoryUsage.rss());
  }
}

async function serve(config: Config, life: Lifecycle, money: OpenedMoney): Promise<RunningServer> {
  const { log, metrics } = life;
  const memory = new StoredReasoningMemory(join(life.dataFolder, 'reasoning.db'));
  const house = buildHouse({
    config,
    money,
    memory,
    log,
    metrics,
    installationId: life.installationId,
    // Known once the port is.
    publicUrl: config.publicUrl ?? '',
  });
  metrics.observe('bytespike_open_streams', 'Exchanges with upstreams that are open.', () => house.watch.size);
  const rooms = createRooms({ house, money, life });
  life.handleControl((request) => rooms.control(request));
  const answer = createAnswer({
    house,
    metrics,
    management: rooms.management,
    site: rooms.site,
    requireAdmin: rooms.requireAdmin,
    readiness: () => readiness(money, house, life.stopping),
  });
  // The port is taken first, for a start that fails on it must make no secrets; who calls meanwhile waits for them.
  const opening = Promise.withResolvers<void>();
  let open = false;
  const listener = bind(config, {
    answer: (arrival) => (open ? answer(arrival) : opening.promise.then(() => answer(arrival))),
    onFault: (error, requestId) => log.error('request.fault', { request_id: requestId, error }),
  });
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${listener.port}`;
  // All addresses are none that a client could use.
  house.publicUrl = config.publicUrl ?? url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, '//127.0.0.1:');
  try {
    await makeSecrets(config, life, money);
  } catch (error) {
    await listener.close();
    house.counter.close();
    await memory.close();
    throw error;
  }
  report(config, house, money, log);
  open = true;
  opening.resolve();
  const loading = setTimeout(() => {
    // What cannot be loaded now is tried again when it is asked for.
    rooms.load().then(
      () => log.debug('rooms.loaded'),
      () => {},
    );
  }, LOAD_AFTER_MS);
  loading.unref();
  // The simulator counts its tokens: the vocabulary loads beside the start, not within the first answer.
  if (house.registry.simulated) house.counter.ready().catch(() => {});
  return {
    url,
    drain: async (cut) => {
      clearTimeout(loading);
      cut.addEventListener('abort', () => void listener.close());
      await listener.drain();
      // A client that has left is no connection any more, but what it owes may still be counted.
      await house.underway.ended();
    },
    close: async () => {
      house.counter.close();
      await memory.close();
      await money.close();
    },
  };
}

/** The first answers of a process come before what may be asked for beside them. */
const LOAD_AFTER_MS = 1_000;

/** Throws ConfigError where a secret that the environment sets cannot be had. */
async function makeSecrets(config: Config, life: Lifecycle, money: OpenedMoney): Promise<void> {
  const { adminToken, bootstrapKey } = config;
  const { dataFolder, log } = life;
  try {
    await money.ensureBootstrap({ adminToken, bootstrapKey }, (generated) =>
      showGeneratedSecrets(generated, { dataFolder, log, terminal: process.stdout }).catch((error) => {
        throw asFolderError(error, dataFolder);
      }),
    );
  } catch (error) {
    const variable = error instanceof GatewayError && error.code === 'conflict' ? error.details.param : undefined;
    if (variable === undefined) throw error;
    throw new ConfigError(variable, (error as GatewayError).message, 'a secret of its own');
  }
}

/** What the catalog and the database have against a start, as the setting to look at. */
function asSettingError(error: unknown, dataFolder: string): unknown {
  if (error instanceof CatalogError) return new ConfigError('catalog', error.message);
  return error instanceof StorageError ? asFolderError(error, dataFolder) : error;
}

function bind(config: Config, parts: Pick<Parameters<typeof listen>[0], 'answer' | 'onFault'>): Listener {
  try {
    const { host, port, trustedProxies, corsOrigins, timeouts } = config;
    return listen({ host, port, trustedProxies, corsOrigins, clientStallMs: timeouts.clientStallMs, ...parts });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EADDRINUSE') {
      throw new ConfigError(
        'BYTESPIKE_PORT',
        `${config.port} is in use on ${config.host}`,
        'another port, or 0 for any',
      );
    }
    // Of a name that nobody knows the runtime says no code.
    if (code === 'EADDRNOTAVAIL' || code === 'EACCES' || code === '') {
      throw new ConfigError(
        'BYTESPIKE_HOST',
        `${config.host}:${config.port} cannot be bound`,
        'an address of this machine',
      );
    }
    throw error;
  }
}

/** A machine that sets no limit of its own gives a process so many. */
const FEW_DESCRIPTORS = 1_024;

/** What the start tells the operator: whose accounts it took, and from where; never a value of theirs. */
function report(config: Config, house: House, money: OpenedMoney, log: Logger): void {
  for (const note of config.warnings) log.warn('config.warning', { note });
  const seen = new Set<string>();
  for (const { account, credentialOrigin } of config.upstreams) {
    if (seen.has(account)) continue;
    seen.add(account);
    log.info('upstream.credential', { name: account, origin: credentialOrigin });
  }
  if (house.registry.simulated) {
    const why = config.upstreams.length > 0 ? 'BYTESPIKE_SIMULATOR is on' : 'no upstream credential is configured';
    log.info('upstream.simulator', { note: `${why}: the built-in simulator answers` });
  }
  for (const upstream of config.upstreams) {
    const { name, vendor, protocol, models } = upstream;
    if (models !== undefined || house.catalog.cards.some((card) => routeTo(upstream, card))) continue;
    const note = `the upstream ${name} serves no model: no card names the vendor ${vendor} on ${protocol}`;
    log.warn('config.warning', { note });
  }
  for (const note of warnings(house.catalog, money.groups.list(), Date.now())) log.warn('price.below_cost', { note });
  const descriptors = descriptorLimit();
  if (descriptors !== undefined && descriptors < FEW_DESCRIPTORS) {
    log.warn('process.few_descriptors', {
      count: descriptors,
      note: 'a stream takes two file descriptors: raise their limit (ulimit -n, or LimitNOFILE of the unit)',
    });
  }
  const { level, available } = money.walletStatus();
  if (level === 'low' || level === 'critical')
    log.warn('wallet.low', { available_usd: formatUsd(available), note: level });
}

function readiness(money: OpenedMoney, house: House, stopping: AbortSignal): Readiness {
  const storage = money.healthy();
  const { level } = money.walletStatus();
  return {
    ready: storage && !stopping.aborted,
    checks: {
      process: stopping.aborted ? 'stopping' : 'ok',
      storage: storage ? 'ok' : 'refuses writes',
      wallet:
        level === 'low'
          ? 'warning: 20 % or less is left'
          : level === 'critical'
            ? 'warning: 5 % or less is left'
            : level,
      upstreams: house.registry.simulated
        ? 'simulator'
        : house.served.length > 0
          ? 'ok'
          : 'warning: none is configured',
    },
  };
}

import { createAdminHandler } from '../../src/admin/handler.ts';
import type { OpenedMoney } from '../../src/billing/index.ts';
import type { Config, UpstreamConfig } from '../../src/config/config.ts';
import { GatewayError } from '../../src/errors/catalogue.ts';
import { createLogger, type Logger } from '../../src/observability/log.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import type { House } from '../../src/pipeline/house.ts';
import { InProcessReasoningMemory } from '../../src/protocols/in-process-reasoning-memory.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { createAnswer, type Room } from '../../src/server/answer.ts';
import { buildHouse } from '../../src/server/house.ts';
import { listen } from '../../src/server/listener.ts';
import { type FakeMoney, fakeMoney } from './fake-money.ts';

export const TEST_INSTALLATION = 'inst_0123456789abcdef01234567';

export interface TestGateway extends AsyncDisposable {
  url: string;
  money: FakeMoney;
  house: House;
  /** Log lines, as JSON text. */
  logs: string[];
  /** Errors that no route caught. */
  faults: unknown[];
}

export interface TestGatewayOptions {
  /** Base URL of the scripted upstream; without it the simulator answers. */
  upstream?: string;
  /** One, or several that share the upstream. */
  vendor?: string | string[];
  protocols?: Protocol[];
  config?: Partial<Config>;
  models?: UpstreamConfig['models'];
  heartbeatMs?: number;
  /** Real money in place of the fake, and the management API in front of it. */
  books?: OpenedMoney;
  /** What stands behind the listener besides inference and management. */
  site?: Room;
}

/** A gateway in this process, on a real socket, with money that can be looked into. */
export async function testGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const vendors = [options.vendor ?? 'deepseek'].flat();
  const protocols = options.protocols ?? ['chat-completions', 'messages'];
  const upstreams: UpstreamConfig[] =
    options.upstream === undefined
      ? []
      : vendors.flatMap((vendor) =>
          protocols.map((protocol) => ({
            name: vendor,
            account: vendor,
            vendor,
            protocol,
            baseUrl: options.upstream + (protocol === 'messages' && vendor === 'deepseek' ? '/anthropic' : ''),
            credential: 'upstream-secret-credential',
            credentialOrigin: 'test',
            models: options.models,
            weight: 1,
          })),
        );
  const config: Config = {
    host: '127.0.0.1',
    port: 0,
    publicUrl: undefined,
    trustedProxies: [],
    corsOrigins: [],
    dataFolder: '',
    adminToken: undefined,
    bootstrapKey: undefined,
    bootstrapCreditUsd: '100',
    simulator: 'auto',
    logLevel: 'debug',
    drainTimeoutMs: 1000,
    catalogFolder: undefined,
    priceOverrides: {},
    configFile: 'bytespike.yaml',
    origins: {},
    warnings: [],
    ...options.config,
    timeouts: {
      connectMs: 10_000,
      firstByteMs: 60_000,
      idleMs: 60_000,
      clientStallMs: 60_000,
      ...options.config?.timeouts,
    },
    upstreams,
  };
  const logs: string[] = [];
  const log: Logger = createLogger({
    level: 'debug',
    pretty: false,
    sink: { write: (line: string) => void logs.push(line), flush: async () => {}, flushSync: () => {} },
  });
  const money = fakeMoney();
  const metrics = createMetrics();
  const house = buildHouse({
    config,
    money: options.books ?? money,
    memory: new InProcessReasoningMemory(),
    log,
    metrics,
    installationId: TEST_INSTALLATION,
    publicUrl: 'http://127.0.0.1',
    ...(options.heartbeatMs === undefined ? {} : { heartbeatMs: options.heartbeatMs }),
  });
  const faults: unknown[] = [];
  const listener = listen({
    host: config.host,
    port: 0,
    trustedProxies: config.trustedProxies,
    corsOrigins: config.corsOrigins,
    clientStallMs: config.timeouts.clientStallMs,
    answer: createAnswer({
      house,
      metrics,
      management: managementOf(options.books, house, faults),
      site: options.site ?? none,
      requireAdmin: () => {
        throw new GatewayError('invalid_api_key', 'no');
      },
      readiness: () => ({ ready: true, checks: {} }),
    }),
    onFault: (error) => void faults.push(error),
  });
  return {
    url: `http://127.0.0.1:${listener.port}`,
    money,
    house,
    logs,
    faults,
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      await house.underway.ended();
      house.counter.close();
    },
  };
}

const none: Room = async () => undefined;

function managementOf(books: OpenedMoney | undefined, house: House, faults: unknown[]): Room {
  if (books === undefined) return none;
  const handle = createAdminHandler({
    money: books,
    publicUrl: house.publicUrl,
    modelIds: house.catalog.cards.map(({ id }) => id),
    servedIds: house.served.map(({ id }) => id),
    modelIdOf: (name) => name,
    dataFolder: '',
    onError: (error) => faults.push(error),
  });
  return ({ request, clientIp }) => handle(request, { ip: clientIp });
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { version } from '../../package.json';
import { Child } from './child.ts';
import { CLIENT_PATHS, type Contender, clientProtocol, type Place, type Road } from './contender.ts';

const root = resolve(import.meta.dir, '..', '..');

/** A model for each road: its card decides which protocol the upstream is spoken to in. */
const MODELS: Record<Road, string> = {
  chat: 'deepseek-v4-pro',
  messages: 'deepseek-v4-pro',
  'messages-to-chat': 'gpt-5-4',
  'chat-to-messages': 'claude-opus-4-8',
};

/** The gateway as an operator runs it, on a key with every limit set, none of them near. */
export const bytespike: Contender = {
  name: 'ByteSpike',
  version,
  does: 'key with quota, three windows, RPM, TPM and concurrency; guards; reservation; durable bill; request log',
  start: async (place) => {
    const adminToken = `bench-${randomBytes(24).toString('hex')}`;
    const mock = `http://127.0.0.1:${place.mockPort}`;
    const environment = {
      BYTESPIKE_PORT: '0',
      BYTESPIKE_DATA: join(place.folder, 'data'),
      BYTESPIKE_ADMIN_TOKEN: adminToken,
      BYTESPIKE_BOOTSTRAP_CREDIT_USD: '100000000',
      BYTESPIKE_LOG: 'info',
      DEEPSEEK_API_KEY: 'bench',
      DEEPSEEK_BASE_URL: `${mock}/deepseek`,
      OPENAI_API_KEY: 'bench-openai',
      OPENAI_BASE_URL: `${mock}/openai/v1`,
      ANTHROPIC_API_KEY: 'bench-anthropic',
      ANTHROPIC_BASE_URL: `${mock}/anthropic`,
      ...catalogOf(place),
    };
    const child = new Child(place, ['sh', join(root, 'bin', 'bytespike'), 'serve'], environment);
    const url = (await child.says(/"event":"server.started"[^\n]*"url":"([^"]+)"/))[1]!;
    const key = await makeKey(url, adminToken);
    return {
      entrance: (road, wide) => ({
        target: {
          port: Number(new URL(url).port),
          path: CLIENT_PATHS[clientProtocol(road)],
          headers: clientProtocol(road) === 'messages' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` },
          pid: child.pid,
        },
        model: wide ? WIDE_MODEL : MODELS[road],
      }),
      audit: async (answered) => [
        ...(await countRows(url, adminToken, answered)),
        ...(await doctor(place, environment)),
      ],
      stop: () => child.stop(),
    };
  },
};

/** The card whose window holds any prompt of the benchmark, so that growth shows the road and not the tokenizer. */
const WIDE_MODEL = 'gpt-5-4-mini';

function catalogOf(place: Place): Record<string, string> {
  const folder = join(place.folder, 'catalog');
  mkdirSync(folder);
  const card = readFileSync(join(root, 'catalog', `${WIDE_MODEL}.yaml`), 'utf8');
  writeFileSync(join(folder, `${WIDE_MODEL}.yaml`), card.replace(/^window: \d+$/m, 'window: 16000000'));
  const config = join(place.folder, 'bench.yaml');
  writeFileSync(config, `catalog: ${folder}\n`);
  return { BYTESPIKE_CONFIG: config };
}

/** Every limit is set, so every limit is checked on every request. */
async function makeKey(url: string, adminToken: string): Promise<string> {
  const response = await fetch(`${url}/api/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'bench',
      quota: '100000000',
      rate_limit_5h: '100000000',
      rate_limit_1d: '100000000',
      rate_limit_7d: '100000000',
      rpm: 1_000_000_000,
      tpm: 1_000_000_000_000,
      concurrency: 1_000_000,
    }),
  });
  if (!response.ok) throw new Error(`no key could be made: ${await response.text()}`);
  return ((await response.json()) as { key: string }).key;
}

/** Every 2xx that left must be a row of the usage table, and nothing else may be. */
async function countRows(url: string, adminToken: string, answered: number): Promise<string[]> {
  const response = await fetch(`${url}/api/v1/usage?group_by=model`, {
    headers: { authorization: `Bearer ${adminToken}` },
  });
  const { totals } = (await response.json()) as { totals: { call_count: number } };
  const { call_count: rows } = totals;
  return rows === answered ? [] : [`${answered} answers with status 2xx, but ${rows} usage rows`];
}

async function doctor(place: Place, environment: Record<string, string>): Promise<string[]> {
  const { PATH = '', HOME = '' } = process.env;
  const child = Bun.spawn(['sh', join(root, 'bin', 'bytespike'), 'doctor'], {
    cwd: place.folder,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told = await new Response(child.stdout).text();
  return (await child.exited) === 0 ? [] : [`doctor: ${told.trim()}`];
}

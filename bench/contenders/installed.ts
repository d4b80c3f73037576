import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const FOLDER = resolve(import.meta.dir, '..', '.contenders');

/**
 * What the contenders are installed from. Portkey as it comes from the registry today answers every OpenAI stream with a
 * 500 (Portkey#1389): newer versions of its HTTP server freeze the headers that it changes. The pins are the last that work.
 */
const PACKAGE = {
  name: 'bytespike-bench-contenders',
  private: true,
  dependencies: { '@portkey-ai/gateway': '1.15.2', '@musistudio/claude-code-router': '2.0.0' },
  overrides: { hono: '4.9.7', '@hono/node-server': '1.13.5' },
};

let installing: Promise<string> | undefined;

/** Installs the contenders into a folder of their own, once; resolves with the folder. Rejects without npm or registry. */
export function installed(): Promise<string> {
  installing ??= install();
  return installing;
}

async function install(): Promise<string> {
  const wanted = `${JSON.stringify(PACKAGE, null, 2)}\n`;
  const file = join(FOLDER, 'package.json');
  const mark = join(FOLDER, 'installed.json');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return FOLDER;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, wanted);
  const npm = Bun.spawn(['npm', 'install', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = await new Response(npm.stderr).text();
  if ((await npm.exited) !== 0) throw new Error(`npm could not install the contenders: ${said.slice(-500)}`);
  writeFileSync(mark, wanted);
  return FOLDER;
}

/** A preload that keeps a program without a host option on loopback. */
export function loopbackOnly(folder: string): string {
  const file = join(folder, 'loopback.cjs');
  writeFileSync(
    file,
    `const { Server } = require('node:net');
const { listen } = Server.prototype;
Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'object' && first !== null) return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  const callback = rest.find((one) => typeof one === 'function');
  return listen.call(this, { port: Number(first), host: '127.0.0.1' }, callback);
};
`,
  );
  return file;
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, freePort } from './child.ts';
import type { Contender } from './contender.ts';
import { installed, loopbackOnly } from './installed.ts';

const VERSION = '2.0.0';

/** @musistudio/claude-code-router, on the one road that works in this build: Messages to Chat Completions. */
export const claudeCodeRouter: Contender = {
  name: 'claude-code-router',
  version: VERSION,
  does: 'translating proxy on Node for one user: one static key, no budgets, no bill; its log switched off',
  start: async (place) => {
    const folder = await installed();
    const port = freePort();
    configure(place.folder, port, place.mockPort);
    const script = join(folder, 'node_modules', '@musistudio', 'claude-code-router', 'dist', 'cli.js');
    const child = new Child(place, ['node', '-r', loopbackOnly(folder), script, 'start'], {
      HOME: place.folder,
      NODE_ENV: 'production',
    });
    await child.listens(port);
    return {
      entrance: (road) =>
        road === 'messages-to-chat'
          ? {
              target: { port, path: '/v1/messages', headers: { 'x-api-key': 'bench' }, pid: child.pid },
              model: 'claude-opus-4-8',
            }
          : undefined,
      stop: () => child.stop(),
    };
  },
};

function configure(home: string, port: number, mockPort: number): void {
  const folder = join(home, '.claude-code-router');
  mkdirSync(folder);
  const provider = {
    name: 'mock',
    api_base_url: `http://127.0.0.1:${mockPort}/v1/chat/completions`,
    api_key: 'bench',
    models: ['gpt-4o-mini'],
  };
  const config = {
    HOST: '127.0.0.1',
    PORT: port,
    APIKEY: 'bench',
    LOG: false,
    Providers: [provider],
    Router: { default: 'mock,gpt-4o-mini' },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
}

import { join } from 'node:path';
import { Child, freePort } from './child.ts';
import type { Contender } from './contender.ts';
import { installed, loopbackOnly } from './installed.ts';

const VERSION = '1.15.2';

/** @portkey-ai/gateway, on the roads that work in this build: Chat Completions to OpenAI and to Anthropic. */
export const portkey: Contender = {
  name: 'Portkey',
  version: VERSION,
  does: 'header-driven proxy on Node: no keys, no budgets, no bill in this build',
  start: async (place) => {
    const folder = await installed();
    const port = freePort();
    const script = join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
    const child = new Child(place, ['node', '-r', loopbackOnly(folder), script, `--port=${port}`], {
      NODE_ENV: 'production',
    });
    await child.listens(port);
    const target = (provider: string) => ({
      port,
      path: '/v1/chat/completions',
      headers: {
        'x-portkey-provider': provider,
        'x-portkey-custom-host': `http://127.0.0.1:${place.mockPort}/v1`,
        authorization: 'Bearer bench',
      },
      pid: child.pid,
    });
    return {
      entrance: (road) => {
        if (road === 'chat') return { target: target('openai'), model: 'gpt-4o-mini' };
        if (road === 'chat-to-messages') return { target: target('anthropic'), model: 'claude-opus-4-8' };
        return undefined;
      },
      stop: () => child.stop(),
    };
  },
};

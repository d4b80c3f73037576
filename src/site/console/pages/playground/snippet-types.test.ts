import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typescriptSnippet } from '../../../snippets/typescript.ts';
import { startedAnswer, type Turn } from './conversation.ts';
import { requestBody } from './request-body.ts';
import { initialSettings } from './settings.ts';

const root = join(import.meta.dirname, '../../../../..');
const folder = mkdtempSync(join(tmpdir(), 'bytespike-snippets-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TURNS: Turn[] = [
  { role: 'user', text: 'Weather?' },
  {
    ...startedAnswer('chat-completions', 'm'),
    state: 'done',
    parts: [
      { kind: 'reasoning', text: 'Ask the tool.', signature: 'sig' },
      { kind: 'call', id: 'call_1', name: 'get_weather', input: '{"city": "Oslo"}' },
    ],
  },
  { role: 'tool', results: [{ callId: 'call_1', name: 'get_weather', text: '21' }] },
];

test('what the playground shows as TypeScript passes the compiler, with the pinned SDKs', async () => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const protocol of ['chat-completions', 'messages'] as const) {
    for (const stream of [true, false]) {
      const plain = { ...initialSettings('m'), protocol, stream, temperature: '0.5' };
      const full = { ...plain, system: 'Brief.', reasoning: 'low', format: 'schema', useTools: true } as const;
      for (const [name, settings] of Object.entries({ plain, full })) {
        const code = typescriptSnippet({ baseUrl: 'http://x', protocol, body: requestBody(settings, TURNS) });
        writeFileSync(join(folder, `${protocol}-${stream}-${name}.ts`), code);
      }
    }
  }
  const settings = { module: 'preserve', target: 'esnext', strict: true, noEmit: true, skipLibCheck: true };
  const config = { compilerOptions: { ...settings, types: ['bun'] }, include: ['*.ts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = Bun.spawn([join(root, 'node_modules/.bin/tsc'), '-p', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(await new Response(compiler.stdout).text()).toBe('');
  expect(await compiler.exited).toBe(0);
}, 120_000);

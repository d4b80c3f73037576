import { afterAll, beforeAll, expect, test } from 'bun:test';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cleanUp, serving, workingFolder } from '../support/gateway-process.ts';

/** The examples of the documentation, as they are printed: what is pasted has to work. */
const KEY = 'sk-byts-a-bootstrap-key-of-thirty-two-characters';

let url: string;
/** A folder in which the official clients are installed. */
let project: string;

beforeAll(async () => {
  ({ url } = await serving(await workingFolder(), { BYTESPIKE_BOOTSTRAP_KEY: KEY }));
  project = await workingFolder();
  await mkdir(join(project, 'node_modules'));
  for (const name of ['openai', '@anthropic-ai']) {
    await symlink(resolve(import.meta.dir, '../../node_modules', name), join(project, 'node_modules', name));
  }
});
afterAll(cleanUp);

async function examples(path: string, language: string): Promise<string[]> {
  const markdown = await (await fetch(`${url}${path}.md`)).text();
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)\n```$/gm)].flatMap(([, found, code = '']) =>
    found === language ? [code] : [],
  );
}

async function run(command: string[]): Promise<{ exit: number; out: string; errors: string }> {
  const { PATH = '' } = process.env;
  const child = Bun.spawn(command, {
    cwd: project,
    env: { PATH, HOME: project, BYTESPIKE_API_KEY: KEY },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exit, out, errors };
}

const curl = Bun.which('curl');

test.skipIf(curl === null)('every curl of the model page answers (skipped where there is no curl)', async () => {
  const commands = (await examples('/docs/models/deepseek-v4-pro', 'sh')).filter((code) => code.startsWith('curl '));
  expect(commands).toHaveLength(2);
  const answers = await Promise.all(commands.map((command) => run(['sh', '-c', command])));
  const [chat, message] = answers.map(({ out }) => JSON.parse(out));
  expect(chat).toMatchObject({ object: 'chat.completion', model: 'deepseek-v4-pro' });
  expect(chat.choices[0].message.reasoning_content).toBeString();
  expect(message).toMatchObject({ type: 'message', model: 'deepseek-v4-pro' });
  expect(message.content.map(({ type }: { type: string }) => type)).toEqual(['thinking', 'text']);
});

test.skipIf(curl === null)('every curl of the guides answers (skipped where there is no curl)', async () => {
  const guides = ['quickstart', 'authentication', 'streaming', 'tools-and-reasoning', 'limits-and-billing', 'clients'];
  const agents = ['claude-code', 'opencode', 'cline', 'cursor'];
  const paths = [...guides.map((name) => `/docs/guides/${name}`), ...agents.map((name) => `/docs/clients/${name}`)];
  const all = (await Promise.all(paths.map((path) => examples(path, 'sh')))).flat();
  // What needs the admin token is not for holders of a key.
  const commands = all.filter((code) => code.startsWith('curl ') && !code.includes('ADMIN_TOKEN'));
  expect(commands.length).toBeGreaterThan(10);
  for (const command of commands) {
    const { out } = await run(['sh', '-c', command.replace(/^curl/, 'curl -s -w "\\n%{http_code}"')]);
    expect([command, out.slice(out.lastIndexOf('\n') + 1)]).toEqual([command, '200']);
  }
});

test('the TypeScript of the model page runs with the official clients', async () => {
  const programs = await examples('/docs/models/deepseek-v4-pro', 'typescript');
  expect(programs).toHaveLength(2);
  for (const [index, program] of programs.entries()) {
    const file = join(project, `example-${index}.ts`);
    await writeFile(file, program);
    const { exit, out, errors } = await run([process.execPath, file]);
    expect([exit, errors, out.trim().length > 0]).toEqual([0, '', true]);
  }
});

test('the settings of opencode are JSON that names this installation, pasted as well as printed', async () => {
  const settings = {
    provider: { bytespike: { options: { baseURL: `${url}/v1` }, models: { 'deepseek-v4-pro': {} } } },
  };
  const [printed = ''] = await examples('/docs/clients/opencode', 'json');
  expect(JSON.parse(printed)).toMatchObject(settings);
  const pasted = (await examples('/docs/models/deepseek-v4-pro', 'sh')).find((code) => code.includes('opencode.json'));
  // The agent itself is not installed here: the last line starts it.
  const { exit } = await run(['sh', '-c', pasted?.replace(/\nopencode$/, '') ?? 'exit 1']);
  expect([exit, await readFile(join(project, 'opencode.json'), 'utf8')]).toEqual([0, `${printed}\n`]);
});

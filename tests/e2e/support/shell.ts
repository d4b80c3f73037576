import { KEY } from './scene.ts';

/** What a command prints in a shell that has the key where the pages say. */
export async function paste(command: string): Promise<string> {
  const { PATH = '' } = process.env;
  const shell = Bun.spawn(['sh', '-c', command], {
    env: { PATH, BYTESPIKE_API_KEY: KEY },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Response(shell.stdout).text();
}

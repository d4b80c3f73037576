/** What a command sees of the world, so that tests can stand in for it. */
export interface Io {
  out: (text: string) => void;
  err: (text: string) => void;
  readStdin: () => Promise<string>;
  environment: Readonly<Record<string, string | undefined>>;
  workingFolder: string;
}

export const processIo: Io = {
  out: (text) => {
    if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', unwritten);
    process.stdout.write(text);
  },
  err: (text) => void process.stderr.write(text),
  readStdin: () => Bun.stdin.text(),
  environment: process.env,
  workingFolder: process.cwd(),
};

/** Nobody reads any more (`| head`), which needs no words, or the disk is full. The command has failed: it may have made a secret. */
function unwritten({ code }: NodeJS.ErrnoException): void {
  if (code !== 'EPIPE') processIo.err(`bytespike: the output cannot be written (${code})\n`);
  process.exitCode = 1;
}

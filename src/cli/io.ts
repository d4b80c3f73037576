/** What a command sees of the world, so that tests can stand in for it. */
export interface Io {
  out: (text: string) => void;
  err: (text: string) => void;
  readStdin: () => Promise<string>;
  environment: Readonly<Record<string, string | undefined>>;
  workingFolder: string;
}

export const processIo: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  readStdin: () => Bun.stdin.text(),
  environment: process.env,
  workingFolder: process.cwd(),
};

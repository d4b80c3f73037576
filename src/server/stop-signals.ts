/** When and how the operator wants the process to end. */
interface StopSignals {
  /** Aborts at the first SIGTERM or SIGINT; the reason is the signal's name. */
  readonly stopping: AbortSignal;
  dispose: () => void;
}

/** A terminal signals the whole process group and npm passes its copy on: both are one wish. */
const SAME_WISH_MS = 2_000;

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof exitCodes;

interface StopSignalOptions {
  /** Monotonic milliseconds. */
  now?: () => number;
  /** Called for a signal later than two seconds after the first, with 128 plus the signal's number. */
  exitAtOnce: (code: number) => void;
  process?: Pick<NodeJS.Process, 'on' | 'off'>;
}

export function watchStopSignals(options: StopSignalOptions): StopSignals {
  const { now = () => performance.now(), exitAtOnce } = options;
  const source = options.process ?? process;
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (signal: StopSignal) => {
    if (firstAt === undefined) {
      firstAt = now();
      controller.abort(signal);
    } else if (now() - firstAt > SAME_WISH_MS) {
      exitAtOnce(exitCodes[signal]);
    }
  };
  for (const signal of Object.keys(exitCodes) as StopSignal[]) source.on(signal, onSignal);
  return {
    stopping: controller.signal,
    dispose: () => {
      for (const signal of Object.keys(exitCodes) as StopSignal[]) source.off(signal, onSignal);
    },
  };
}

/**
 * The closing line for the end of Bun's report. A run that dies has no figures, one that a test ended by `process.exit(0)`
 * has none either and yet exits with 0: both are failures.
 */
export function summarize(report: string, exitCode: number): { line: string; ok: boolean } {
  const counts = { pass: 0, fail: 0, skip: 0, todo: 0 };
  // Colours may stand around the figures.
  const plain = Bun.stripANSI(report);
  const finished = /^Ran \d+ tests? across \d+ files?\./m.exec(plain);
  const end = finished === null ? '' : plain.slice(0, finished.index).split('\n').slice(-10).join('\n');
  for (const [, figure, kind] of end.matchAll(/^ *(\d+) (pass|fail|skip|todo)$/gm)) {
    counts[kind as keyof typeof counts] = Number(figure);
  }
  const failed = counts.fail === 0 && (exitCode !== 0 || finished === null) ? 1 : counts.fail;
  const skipped = counts.skip + counts.todo;
  const line = `${counts.pass} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { line, ok: failed === 0 };
}

const LINES_OF_A_FAILURE = 60;

/** Takes a report line by line and keeps what it says of each failed test: the code, the error and the test's name. */
export function failureReader(): { line: (line: string) => void; failures: () => string[] } {
  const failures: string[] = [];
  let sinceLastTest: string[] = [];
  let ended = false;
  return {
    line: (line) => {
      const plain = Bun.stripANSI(line);
      // From here on Bun names the failed tests a second time, without what went wrong.
      ended ||= /^\d+ tests? failed:$/.test(plain);
      sinceLastTest.push(line);
      if (sinceLastTest.length > LINES_OF_A_FAILURE) sinceLastTest.shift();
      if (!/^\((pass|fail|skip|todo)\) /.test(plain)) return;
      if (plain.startsWith('(fail) ') && !ended) failures.push(sinceLastTest.join('\n').trim());
      sinceLastTest = [];
    },
    failures: () => failures,
  };
}

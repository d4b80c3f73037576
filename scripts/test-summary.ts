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

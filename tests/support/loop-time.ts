/** What one turn counts for at most: longer ones are pauses of the whole process, such as a collection. */
const MOST_MS = 5;

/**
 * Time as the event loop has it. "At once" is held to a bound on it in place of a clock, which goes on while the process
 * stands still; what waits for a timer takes as long as on a clock.
 */
export function loopTime(): { elapsed: () => number } {
  let passed = 0;
  let last = performance.now();
  const turn = (): void => {
    const now = performance.now();
    passed += Math.min(now - last, MOST_MS);
    last = now;
  };
  const turning = setInterval(turn, 1);
  return {
    elapsed: () => {
      clearInterval(turning);
      turn();
      return passed;
    },
  };
}

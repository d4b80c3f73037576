/**
 * Milliseconds of a core that this process has used. What a piece of work costs is measured by it in place of a clock: on a
 * clock it costs more, the more others do on the machine.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

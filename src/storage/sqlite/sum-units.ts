export const HOUR_MS = 3_600_000;

/** What sums of usage are kept of, largest first; `number` of a sum counts its unit since the epoch, in UTC. */
export const SUM_UNITS = [
  { name: 'day', ms: 24 * HOUR_MS },
  { name: 'hour', ms: HOUR_MS },
] as const;

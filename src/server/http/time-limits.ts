/** How far apart the looks at a connection are that the following are counted in. */
export const TICK_MS = 5_000;

/** From the first byte of a head to its last. */
export const HEAD_TICKS = 6;
/**
 * Between two requests. Longer than proxies before us keep theirs (a minute and a half to ten minutes by themselves): whoever
 * closes first must not be us, for a request that is on its way meanwhile is lost, and a proxy sends no POST again.
 */
export const IDLE_TICKS = 125;
/** Without a byte of a body that is to come. Whoever reads it has a clock for all of it, which is stricter. */
export const BODY_TICKS = 24;
/** For the client to send the rest of a body that nobody wants. */
export const REST_TICKS = 12;
/** For the client to close after us. */
export const LINGER_TICKS = 2;

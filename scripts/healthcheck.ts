/** Exits with 0 when the gateway of this container answers, else with 1. For the container's health check. */
const host = process.env.BYTESPIKE_HOST || '127.0.0.1';
const port = process.env.BYTESPIKE_PORT || '8787';
// A listener on all addresses is asked on loopback.
const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;

const healthy = await fetch(`http://${name}:${port}/healthz`, { signal: AbortSignal.timeout(4_000) }).then(
  ({ ok }) => ok,
  () => false,
);
process.exitCode = healthy ? 0 : 1;

// Makes this a module, whose top level may wait.
export {};

import type { Metrics } from '../observability/metrics.ts';

/** The road's own counters. Labels are small closed sets; nothing is counted per key. */
export interface RoadMetrics {
  requests(protocol: string, model: string, outcome: string): void;
  firstToken(protocol: string, ms: number): void;
  duration(protocol: string, ms: number): void;
  usageClamped(): void;
  absorbed(): void;
  clientLeft(): void;
  upstreamAlert(upstream: string): void;
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

export function roadMetrics(metrics: Metrics): RoadMetrics {
  const requests = metrics.counter('bytespike_requests_total', 'Inference requests by outcome.', [
    'protocol',
    'model',
    'outcome',
  ] as const);
  const firstToken = metrics.histogram(
    'bytespike_first_token_seconds',
    'From the start of a streamed request to its first delta.',
    SECONDS,
    ['protocol'] as const,
  );
  const duration = metrics.histogram(
    'bytespike_request_seconds',
    'From the start of a request to its last byte.',
    SECONDS,
    ['protocol'] as const,
  );
  const clamped = metrics.counter('bytespike_usage_clamped_total', 'Upstream usage that contradicted itself.');
  const absorbed = metrics.counter('bytespike_absorbed_total', 'Charges that no limit could hold in full.');
  const left = metrics.counter('bytespike_clients_left_total', 'Clients that left before the end of their answer.');
  const alerts = metrics.counter('bytespike_upstream_alerts_total', 'Refusals that concern our account or route.', [
    'upstream',
  ] as const);
  const none = {} as Readonly<Record<never, string>>;
  return {
    requests: (protocol, model, outcome) => requests.add({ protocol, model, outcome }),
    firstToken: (protocol, ms) => firstToken.record({ protocol }, ms / 1000),
    duration: (protocol, ms) => duration.record({ protocol }, ms / 1000),
    usageClamped: () => clamped.add(none),
    absorbed: () => absorbed.add(none),
    clientLeft: () => left.add(none),
    upstreamAlert: (upstream) => alerts.add({ upstream }),
  };
}

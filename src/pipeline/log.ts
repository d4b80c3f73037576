import type { Charge, Outcome } from '../billing/money.ts';
import { formatUsd } from '../billing/usd.ts';
import type { GatewayError } from '../errors/catalogue.ts';
import { DescriptorsUsedUp } from '../observability/descriptors.ts';
import { causeOf } from '../observability/error-fields.ts';
import type { Logger } from '../observability/log.ts';
import { totalOutput } from '../protocols/usage.ts';
import { UpstreamAlert } from '../upstreams/failures.ts';
import type { Call } from './call.ts';
import { endedRequest } from './recent.ts';

/** A billed request: one line, one count. */
export function logSettled(call: Call, outcome: Outcome, charge: Charge): void {
  if (call.logged) return;
  call.logged = true;
  const { log, metrics, recent } = call.house;
  recent.add(endedRequest(call, { status: outcome.status, outcome: outcome.ending, settled: { outcome, charge } }));
  const { usage } = outcome;
  if (usage.clamped) {
    metrics.usageClamped();
    log.warn('usage.clamped', {
      request_id: call.id,
      upstream: outcome.upstream,
      upstream_model: outcome.upstreamModel,
      note: 'the usage that the upstream reported contradicts itself: what cannot be was bent to what can',
    });
  }
  if (charge.absorbed > 0n) {
    metrics.absorbed();
    log.warn('charge.absorbed', { request_id: call.id, absorbed_usd: formatUsd(charge.absorbed) });
  }
  if (outcome.ending === 'client_left') metrics.clientLeft();
  metrics.requests(call.protocol, call.card.id, outcome.ending === 'complete' ? 'ok' : 'client_left');
  metrics.duration(call.protocol, outcome.durationMs);
  // Written out, and not spread from `about`: this is said of every request.
  log.info('request', {
    request_id: call.id,
    protocol: call.protocol,
    api_key_id: call.key?.id,
    model: call.card.id,
    upstream: outcome.upstream,
    upstream_model: outcome.upstreamModel,
    stream: call.stream,
    status: outcome.status,
    outcome: outcome.ending,
    simulated: outcome.simulated,
    input_tokens: usage.input.uncached,
    cache_read_tokens: usage.input.cacheRead,
    cache_write_tokens: usage.input.cacheWrite5m + usage.input.cacheWrite1h,
    output_tokens: totalOutput(usage),
    reasoning_tokens: usage.output.reasoning,
    usage_source: usage.source,
    cost_usd: formatUsd(charge.cost),
    ttft_ms: outcome.ttftMs,
    duration_ms: outcome.durationMs,
    changed: call.notes.changed.size > 0 ? call.notes.loggable().join(' ') : undefined,
  });
}

/** A request that failed, before or during its answer: never billed. */
export function logFailed(call: Call, error: GatewayError): void {
  if (call.logged) return;
  call.logged = true;
  const { log, metrics, recent } = call.house;
  const card = call.card as Call['card'] | undefined;
  metrics.requests(call.protocol, card?.id ?? 'none', error.code);
  metrics.duration(call.protocol, call.elapsed());
  const { cause } = error.details;
  const status = error.status(call.protocol);
  recent.add(endedRequest(call, { status, outcome: 'failed', error }));
  const fields = {
    ...about(call),
    status,
    error_code: error.code,
    cause: causeOf(error),
    duration_ms: Math.round(call.elapsed()),
  };
  if (cause instanceof UpstreamAlert) {
    metrics.upstreamAlert(cause.upstream);
    log.error('upstream.alert', {
      request_id: call.id,
      upstream: cause.upstream,
      upstream_status: cause.status,
      note: 'the upstream refuses our credential, balance or route: check its account',
    });
  }
  if (cause instanceof DescriptorsUsedUp) logUsedUp(log);
  if (error.code === 'internal_error') log.error('request.failed', { ...fields, error: cause });
  else log.info('request', { ...fields, outcome: 'failed' });
}

/** Once a minute: it is the same of every request that fails for it. */
function logUsedUp(log: Logger): void {
  const now = performance.now();
  if (now < usedUpToldAt + 60_000) return;
  usedUpToldAt = now;
  log.error('process.descriptors_used_up', {
    note: 'no file descriptor is left, so calls fail and clients wait: a stream takes two; raise the limit (ulimit -n, or LimitNOFILE of the unit)',
  });
}

/** `performance.now()`; descriptors are the whole process's. */
let usedUpToldAt = Number.NEGATIVE_INFINITY;

/** A client that left before anything was owed. */
export function logLeft(call: Call): void {
  if (call.logged) return;
  call.logged = true;
  call.house.recent.add(endedRequest(call, { status: 499, outcome: 'client_left_unbilled' }));
  const card = call.card as Call['card'] | undefined;
  call.house.metrics.clientLeft();
  call.house.metrics.requests(call.protocol, card?.id ?? 'none', 'client_left');
  call.house.log.info('request', {
    ...about(call),
    outcome: 'client_left_unbilled',
    duration_ms: Math.round(call.elapsed()),
  });
}

function about(call: Call) {
  const choice = call.choice as Call['choice'] | undefined;
  const card = call.card as Call['card'] | undefined;
  return {
    request_id: call.id,
    protocol: call.protocol,
    api_key_id: call.key?.id,
    model: card?.id,
    upstream: choice?.upstream.name,
    upstream_model: choice?.model,
    stream: call.stream,
  };
}

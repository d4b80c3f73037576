import { expect, test } from 'bun:test';
import { createMetrics } from './metrics.ts';

test('counters and gauges', () => {
  const metrics = createMetrics();
  const requests = metrics.counter('bytespike_requests_total', 'Requests answered.', ['route', 'status']);
  requests.add({ route: 'chat', status: '200' });
  requests.add({ route: 'chat', status: '200' }, 2);
  requests.add({ route: 'a"b\\c\nd', status: '500' });
  metrics.counter('bytespike_alerts_total', 'Alerts.');
  const open = metrics.gauge('bytespike_open_streams', 'Streams\nopen.');
  open.add({}, 5);
  open.add({}, -2);
  metrics.observe('bytespike_up_seconds', 'Age.', () => 12.5);
  expect(metrics.expose()).toBe(`# HELP bytespike_requests_total Requests answered.
# TYPE bytespike_requests_total counter
bytespike_requests_total{route="chat",status="200"} 3
bytespike_requests_total{route="a\\"b\\\\c\\nd",status="500"} 1
# HELP bytespike_alerts_total Alerts.
# TYPE bytespike_alerts_total counter
bytespike_alerts_total 0
# HELP bytespike_open_streams Streams\\nopen.
# TYPE bytespike_open_streams gauge
bytespike_open_streams 3
# HELP bytespike_up_seconds Age.
# TYPE bytespike_up_seconds gauge
bytespike_up_seconds 12.5
`);
});

test('histograms are cumulative and end at +Inf', () => {
  const metrics = createMetrics();
  const ttft = metrics.histogram('bytespike_ttft_seconds', 'Time to first token.', [0.1, 1], ['upstream']);
  for (const value of [0.05, 0.1, 0.5, 3]) ttft.record({ upstream: 'deepseek' }, value);
  expect(metrics.expose()).toBe(`# HELP bytespike_ttft_seconds Time to first token.
# TYPE bytespike_ttft_seconds histogram
bytespike_ttft_seconds_bucket{upstream="deepseek",le="0.1"} 2
bytespike_ttft_seconds_bucket{upstream="deepseek",le="1"} 3
bytespike_ttft_seconds_bucket{upstream="deepseek",le="+Inf"} 4
bytespike_ttft_seconds_sum{upstream="deepseek"} 3.65
bytespike_ttft_seconds_count{upstream="deepseek"} 4
`);
});

test('a name is registered once and is well formed', () => {
  const metrics = createMetrics();
  metrics.counter('bytespike_a', '');
  expect(() => metrics.gauge('bytespike_a', '')).toThrow(TypeError);
  expect(() => metrics.counter('Bytespike-b', '')).toThrow(TypeError);
});

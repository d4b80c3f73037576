import { expect, test } from 'bun:test';
import { catalogue, type ErrorCode, GatewayError } from './catalogue.ts';

test('what is the upstream’s fault is told with what to do, whatever words it ends in', () => {
  for (const code of ['upstream_error', 'upstream_timeout', 'upstream_overloaded'] satisfies ErrorCode[]) {
    for (const [message, start] of [
      ['It broke.', 'It broke. Send the request again'],
      ['It failed: busy', 'It failed: busy. Send the request again'],
      ['It said “no.”', 'It said “no.” Send the request again'],
    ] as const) {
      const error = new GatewayError(code, message);
      expect(error.told).toStartWith(start);
      expect(error.message).toBe(message);
    }
    expect(new GatewayError(code, 'It broke.', { advice: 'Wait.' }).told).toBe('It broke. Wait.');
  }
});

test('other errors say themselves what to do', () => {
  const others = (Object.keys(catalogue) as ErrorCode[]).filter((code) => !/^upstream_(error|time|over)/.test(code));
  for (const code of others) expect(new GatewayError(code, 'Do this.').told).toBe('Do this.');
});

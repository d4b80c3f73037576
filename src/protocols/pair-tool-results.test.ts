import { expect, test } from 'bun:test';
import { cpuMs } from '../../tests/support/cpu-time.ts';
import type { NeutralMessage } from './neutral.ts';
import { pairToolResults } from './pair-tool-results.ts';

const call = (id: string) => ({ type: 'tool-call' as const, id, name: 'run', input: '{}' });
const result = (callId: string, text = '') => ({
  type: 'tool-result' as const,
  callId,
  parts: [{ type: 'text' as const, text }],
  isError: false,
});

/** Ids and texts of the results, in their order. */
function paired(calls: string[], results: [callId: string, text: string][]): string[] {
  const [, message] = pairToolResults([
    { role: 'assistant', parts: calls.map(call) },
    { role: 'user', parts: results.map(([callId, text]) => result(callId, text)) },
  ]);
  return (message as Extract<NeutralMessage, { role: 'user' }>).parts.map((part) =>
    part.type === 'tool-result' ? `${part.callId}:${(part.parts[0] as { text: string }).text}` : part.type,
  );
}

test('F05: results stand in the order of their calls, those of two calls by one id together', () => {
  expect(
    paired(
      ['a', 'b', 'a'],
      [
        ['x', '0'],
        ['b', '1'],
        ['a', '2'],
        ['a', '3'],
      ],
    ),
  ).toEqual(['a:2', 'a:3', 'b:1', 'x:0']);
});

test('thousands of results of one turn cost what as many turns cost', () => {
  const ids = Array.from({ length: 50_000 }, (_, i) => `call_${i}`);
  const at = cpuMs();
  const results = paired(
    ids,
    ids.toReversed().map((id) => [id, '']),
  );
  expect(cpuMs() - at).toBeLessThan(2_000);
  expect(results.at(-1)).toBe('call_49999:');
});

test('of neighbouring assistant messages that become one, a name stays, whichever has it', () => {
  const said = (text: string) => ({ role: 'assistant' as const, parts: [{ type: 'text' as const, text }] });
  const [named, unnamed] = [{ ...said('a'), name: 'bob' }, said('a')];
  for (const messages of [
    [named, unnamed],
    [unnamed, named],
  ]) {
    expect(pairToolResults(messages)).toEqual([{ ...named, parts: [...named.parts, ...unnamed.parts] }]);
  }
});

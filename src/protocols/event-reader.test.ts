import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readEvent } from './event-reader.ts';
import { parseEvent } from './sse.ts';

test('reads every block as the line by line reader does', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'data: {"a":1}',
      'data:{"a":"你好🙂"}',
      'data:',
      'event: ping',
      'event:x',
      ': note',
      'id: 7',
      '',
      'data',
    ),
    fc.string({ maxLength: 8 }).map((text) => `data: ${text}`),
  );
  const end = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(fc.array(fc.tuple(line, end), { maxLength: 5 }), end, (lines, last) => {
      const block = new TextEncoder().encode(lines.flat().join('') + last);
      expect(readEvent(block)).toEqual(parseEvent(block));
    }),
    { numRuns: 500 },
  );
});

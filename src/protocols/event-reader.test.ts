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
    fc.string({ maxLength: 8, unit: 'binary' }).map((text) => `data: ${text}`),
  );
  const end = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(fc.array(fc.tuple(line, end), { maxLength: 5 }), end, (lines, last) => {
      const block = new TextEncoder().encode(lines.flat().join('') + last);
      const event = parseEvent(block);
      expect(readEvent(block)).toEqual(event);
      const within = new Uint8Array([0x0a, ...block, 0x0d, 0x0a, 0x64]);
      expect(readEvent(within, 1, 1 + block.length)).toEqual(event);
    }),
    { numRuns: 500 },
  );
});

import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { chatChecks } from './chat-completions/check-request.ts';
import { messagesChecks } from './messages/check-request.ts';

/** What a client may send, with the edges of the numbers that the checks bound. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-2, -1, 0, 0.5, 1, 2, 20, 21, 128, 129, 1.5, -2.1, 2.1, 2 ** 53, 1e18, 1e21),
  fc.array(fc.string(), { maxLength: 3 }),
  fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 2 }),
);

describe.each(Object.entries({ ...chatChecks, ...messagesChecks }))('%s', (_name, check) => {
  test('is described as it is checked', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(Value.Check(check.schema, value)).toBe(check(value) === undefined);
      }),
    );
  });
});

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { cpuMs } from '../../tests/support/cpu-time.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { completeToolInput, rawRules, ToolInputStream, unwrapToolInput, wrapToolInput } from './tool-input.ts';

/** What leaves when the text comes in these pieces. */
function through(pieces: string[]): string {
  const stream = new ToolInputStream();
  return pieces.map((piece) => stream.push(piece)).join('') + stream.end();
}

const pieces = (text: string, cuts: number[]): string[] => {
  const at = [...new Set(cuts.map((cut) => (text.length === 0 ? 0 : cut % text.length)))].sort((a, b) => a - b);
  return [0, ...at].map((start, i) => text.slice(start, [...at, text.length][i]));
};

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 2 });
const objectText = fc
  .tuple(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), fc.constantFrom(0, 1, 2), space, space)
  .map(([object, indent, before, after]) => before + JSON.stringify(object, null, indent) + after);

describe('a stream of tool input', () => {
  test('lets a JSON object through character for character, wherever it is cut', () => {
    fc.assert(
      fc.property(objectText, fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        expect(through(pieces(text, cuts))).toBe(text);
      }),
    );
  });

  test('G19: whatever comes, what leaves is empty or a JSON object, and the same for every cut that leaves it open', () => {
    const nearly = fc
      .tuple(objectText, fc.nat(), fc.string({ maxLength: 3 }))
      .map(([text, at, noise]) => text.slice(0, at % (text.length + 1)) + noise);
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string()), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        const joined = through([text]);
        let cut: string | undefined;
        try {
          cut = through(pieces(text, cuts));
        } catch (thrown) {
          if (!(thrown instanceof GatewayError)) throw thrown;
        }
        if (cut !== joined) {
          // The whole object had left when more came: an error, or nothing where that is no input.
          expect(JSON.parse(joined)).toMatchObject({ _raw: text });
          if (cut !== undefined) {
            expect(text).toStartWith(cut);
            expect(JSON.parse(cut)).toBeObject();
            expect(text.slice(cut.length)).not.toMatch(/[{[]|"\s*:/);
          }
        }
        if (text.trim() === '') expect(joined).toBe('');
        else expect(JSON.parse(joined)).toBeObject();
      }),
    );
  });

  test.each([
    ['{"a":{"b":1}', '{"a":{"b":1},"_raw":"{\\"a\\":{\\"b\\":1}"}'],
    ['{"a":1}}', '{"a":1}'],
    ['{"a":1}\n', '{"a":1}\n'],
    ['{"a":"}"} }\n', '{"a":"}"} '],
    ['{}{"a":1}', '{"_raw":"{}{\\"a\\":1}"}'],
    ['{"a":1}{"b":2}', '{"a":1,"_raw":"{\\"a\\":1}{\\"b\\":2}"}'],
    ['{"a":{}}} x', '{"a":{},"_raw":"{\\"a\\":{}}} x"}'],
    ['{"a": tru', '{"a": true,"_raw":"{\\"a\\": tru"}'],
    ['{"a": troo}', '{"a": true,"_raw":"{\\"a\\": troo}"}'],
    ['{"a":[1,', '{"a":[1,null],"_raw":"{\\"a\\":[1,"}'],
    ['{"a":{"b":2,', '{"a":{"b":2,"":null},"_raw":"{\\"a\\":{\\"b\\":2,"}'],
    ['{"a":1,', '{"a":1,"_raw":"{\\"a\\":1,"}'],
    ['{', '{"_raw":"{"}'],
    ['{"a', '{"a":null,"_raw":"{\\"a"}'],
    ['{"a":"\\', '{"a":"\\\\","_raw":"{\\"a\\":\\"\\\\"}'],
    ['{"a":"\\u00', '{"a":"\\u0000","_raw":"{\\"a\\":\\"\\\\u00"}'],
    ['{"a":-', '{"a":-0,"_raw":"{\\"a\\":-"}'],
    ['[1]', '{"_raw":"[1]"}'],
    ['Paris', '{"_raw":"Paris"}'],
    ["{'a':1}", '{"_raw":"{\'a\':1}"}'],
  ])('%s leaves as %s', (text, expected) => {
    expect(through([text])).toBe(expected);
    JSON.parse(expected);
  });

  test('that goes on when its object has left is an error, unless with what opens nothing', () => {
    for (const more of ['}\n', '"}', 'null', '</tool>', '</minimax:tool_call>', '\u00a0']) {
      expect(through(['{"a":1', '}', more])).toBe('{"a":1}');
      expect(through(['{"a":1', '}', ' ', more, '\n'])).toBe('{"a":1} ');
      expect(through(['{"a":1}', `\r\n\t${more}`, '\n'])).toBe('{"a":1}\r\n\t');
    }
    for (const more of [['{"a":1}'], [' ', '}', ' [1'], [',"b":2}'], [',', '"b"', ' ', ':', '2', '}']]) {
      expect(() => through(['{}', ...more])).toThrow('The upstream sent tool input that goes on after its end.');
    }
  });

  test('costs what its length costs, also where one number is all of it', () => {
    const digits = '7'.repeat(300_000);
    const text = `{"a":${digits}.${digits}e${digits}`;
    const at = cpuMs();
    expect(through([text])).toStartWith(`${text},"_raw":`);
    expect(cpuMs() - at).toBeLessThan(2_000);
  });

  test('is complete at its last brace, not before', () => {
    const stream = new ToolInputStream();
    stream.push('{"a":{}');
    expect(stream.complete).toBe(false);
    stream.push('}');
    expect(stream.complete).toBe(true);
  });
});

test('white space in front of the input, in any number of pieces, is looked through once', () => {
  const stream = new ToolInputStream();
  const at = cpuMs();
  for (let i = 0; i < 60_000; i++) expect(stream.push(' '.repeat(50))).toBe('');
  expect(cpuMs() - at).toBeLessThan(3_000);
  expect(stream.push('{"a":1}')).toBe(`${' '.repeat(3_000_000)}{"a":1}`);
});

/** An input that a client gives back, of a call of `run`. */
const unwrapped = (input: string, schema = '{"properties":{"a":{}}}', name = 'run'): string =>
  unwrapToolInput(
    { type: 'tool-call', id: 't1', name, input },
    rawRules([{ name: 'run', description: undefined, schema, strict: undefined, cacheControl: undefined }]),
  );

describe('whole tool input', () => {
  test('B04: nothing means no arguments', () => {
    expect(completeToolInput('')).toBe('{}');
    expect(completeToolInput(' \n')).toBe('{}');
  });

  test('an object passes as it was written', () => {
    const text = '{ "b" : 1.0, "a":12345678901234567890 }';
    expect(completeToolInput(text)).toBe(text);
  });

  test('F29: on its way up it is an object too, with what is none in it once', () => {
    for (const text of ['', ' \n', ' {"a":1.0}']) expect(wrapToolInput(text)).toBe(completeToolInput(text));
    for (const text of ['{"a":1,"b":"\n\\"', '{"a":1}{"b":2}', '[1]', 'null', 'Paris', `{"a":${'['.repeat(100_000)}`]) {
      expect(JSON.parse(wrapToolInput(text))).toEqual({ _raw: text });
    }
  });

  test('the schema is read once for all calls of its tool', () => {
    const properties = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`p${i}`, { type: 'string' }]));
    const tool = { name: 'run', description: undefined, strict: undefined, cacheControl: undefined };
    const rules = rawRules([{ ...tool, schema: JSON.stringify({ properties }) }]);
    const call = { type: 'tool-call' as const, id: 't1', name: 'run', input: '{"_raw":"{x"}' };
    const at = cpuMs();
    for (let i = 0; i < 2_000; i++) expect(unwrapToolInput(call, rules)).toBe('{x');
    expect(cpuMs() - at).toBeLessThan(2_000);
  });

  test('as many calls as tools, each of another tool, are read at the cost of as many of one', () => {
    const tool = { description: undefined, schema: undefined, strict: undefined, cacheControl: undefined };
    const count = 40_000;
    const tools = Array.from({ length: count }, (_, i) => ({ ...tool, name: `tool_${i}` }));
    const schema = '{"properties":{"_raw":{}}}';
    const rules = rawRules([{ ...tool, name: 'twice', schema }, ...tools, { ...tool, name: 'twice' }]);
    const call = { type: 'tool-call' as const, id: 't1', input: '{"_raw":"{x"}' };
    const at = cpuMs();
    for (let i = 0; i < count; i++) expect(unwrapToolInput({ ...call, name: `unknown_${i}` }, rules)).toBe('{x');
    expect(cpuMs() - at).toBeLessThan(3_000);
    expect(unwrapToolInput({ ...call, name: 'twice' }, rules)).toBe(call.input);
  });

  test('F29: what was wrapped comes back as the model wrote it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          objectText.map((text) => text.slice(0, -1)),
          fc.tuple(objectText, objectText).map(([one, other]) => one + other),
        ),
        (text) => {
          fc.pre(text.trim() !== '' && completeToolInput(text).includes('"_raw"'));
          // Clients re-serialise what they give back.
          expect(unwrapped(JSON.stringify(JSON.parse(completeToolInput(text))))).toBe(text);
        },
      ),
    );
  });

  test('however deep, what was wrapped comes back', () => {
    for (const depth of [1000, 100_000]) {
      const text = `{"a":${'['.repeat(depth)}`;
      expect(unwrapped(`{"_raw":${JSON.stringify(text)}}`)).toBe(`{"_raw":${JSON.stringify(text)}}`);
      expect(unwrapped(completeToolInput(text))).toBe(text);
      // What is too deep to be read stays as it is.
      const whole = `{"_raw":"x","a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      expect(unwrapped(whole)).toBe(whole);
    }
  });

  test('clients may write the members in another order', () => {
    expect(unwrapped('{"_raw":"{\\"b\\":1,\\"a\\":2","a":2,"b":1}')).toBe('{"b":1,"a":2');
  });

  test("a tool's own parameter of that name is left alone", () => {
    const own = '{"_raw":"SELECT 1","x":2}';
    expect(unwrapped(own)).toBe(own);
    const valid = '{"_raw":"{\\"a\\":1}"}';
    expect(unwrapped(valid)).toBe(valid);
    const nested = '{"_raw":"{\\"_raw\\":\\"x\\"}"}';
    expect(unwrapped(nested)).toBe(nested);
    // Whatever it holds, where the tool says that it has one.
    for (const input of ['{"_raw":"SELECT 1"}', '{"a":null,"_raw":"{\\"a\\":"}']) {
      expect(unwrapped(input, '{"properties":{"a":{},"_raw":{"type":"string"}}}')).toBe(input);
    }
  });

  test('where nothing says what parameters a tool has, what begins no object is its own', () => {
    const [text, broken] = ['{"_raw":"hello"}', '{"_raw":" {"}'];
    expect([unwrapped(text), unwrapped(broken)]).toEqual(['hello', ' {']);
    expect([unwrapped(text, undefined, 'gone'), unwrapped(broken, undefined, 'gone')]).toEqual([text, ' {']);
  });

  test.each([
    ['nothing', '{}'],
    ['no parameters', '{"type":"object"}'],
    ['an empty list of them', '{"type":"object","properties":{}}'],
    ['any', '{"type":"object","properties":{},"additionalProperties":true}'],
    ['any beside those that it names', '{"properties":{"a":{}},"additionalProperties":{"type":"string"}}'],
    ['any, in nonsense,', '{"properties":{"a":{}},"additionalProperties":null}'],
    ['any of a pattern', '{"properties":{"a":{}},"patternProperties":{"^_":{}}}'],
    ['only those of a nested object', '{"additionalProperties":{"type":"object","properties":{"z":{}}}}'],
    ['a reference', '{"$ref":"#/$defs/x","$defs":{"x":{"type":"object","properties":{"q":{}}}}}'],
    ['alternatives', '{"type":"object","properties":{"a":{}},"anyOf":[{"properties":{"b":{}}},{"required":["a"]}]}'],
    ['nonsense', '{"properties":["a"]}'],
    ['no object', '"properties"'],
  ])('of a schema that names %s, only what begins an object was wrapped', (_what, schema) => {
    for (const own of ['{"_raw":"SELECT 1"}', '{"_raw":"[1]"}', '{"_raw":"{\\"a\\":1}"}']) {
      expect(unwrapped(own, schema)).toBe(own);
    }
    expect(unwrapped('{"a":{"b":1},"_raw":"{\\"a\\": {\\"b\\":1}"}', schema)).toBe('{"a": {"b":1}');
  });

  test.each([
    ['no others', '{"type":"object","properties":{},"additionalProperties":false}'],
    ['some', '{"properties":{"a":{"enum":["_raw"]}}}'],
    ['one that holds such a member', '{"properties":{"a":{"properties":{"_raw":{}}}},"additionalProperties":false}'],
  ])('of a schema that names all parameters, %s, whatever text was wrapped', (_what, schema) => {
    expect(unwrapped('{"_raw":"hello"}', schema)).toBe('hello');
    expect(unwrapped('{"_raw":"{\\"a\\":","a":null}', schema)).toBe('{"a":');
  });

  test.each([
    ['itself', '{"properties":{"\\u005fraw":{}}}'],
    ['in what it refers to', '{"$ref":"#/$defs/x","$defs":{"x":{"properties":{"_raw":{}}}}}'],
    ['in an alternative', '{"properties":{"a":{}},"oneOf":[{"properties":{"_raw":{}}},{"required":["a"]}]}'],
  ])('a parameter that the schema names %s is its own, whatever it holds', (_where, schema) => {
    for (const own of ['{"_raw":"SELECT 1"}', '{"_raw":"{name}"}', '{"a":null,"_raw":"{\\"a\\":"}']) {
      expect(unwrapped(own, schema)).toBe(own);
    }
  });
});

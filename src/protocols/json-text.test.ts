import { describe, expect, spyOn, test } from 'bun:test';
import fc from 'fast-check';
import { cpuMs } from '../../tests/support/cpu-time.ts';
import { duplicateKeys, rawAt, rawElements, rawMembers, scanTopLevel } from './json-scan.ts';
import { type Edit, splice } from './json-text.ts';

describe('scanTopLevel', () => {
  test('finds members, escapes in keys included', () => {
    const { members, tooDeep } = scanTopLevel(' { "a" : 1 , "b\\u0063":"x\\"}" ,"d":[{"a":2}] } ');
    expect(members.map(({ key }) => key)).toEqual(['a', 'bc', 'd']);
    expect(tooDeep).toBe(false);
  });

  test('names keys that occur twice after unescaping', () => {
    expect(duplicateKeys(scanTopLevel('{"model":"a","m\\u006fdel":"b"}'))).toEqual(['model']);
    expect(duplicateKeys(scanTopLevel('{"x":{"model":1,"model":2}}'))).toEqual([]);
  });

  test('stops at nesting that is too deep, whatever the length', () => {
    expect(scanTopLevel(`{"a":${'['.repeat(100_000)}`).tooDeep).toBe(true);
    expect(scanTopLevel('['.repeat(100_000)).tooDeep).toBe(true);
    expect(scanTopLevel(`{"a":${'['.repeat(50)}${']'.repeat(50)}}`).tooDeep).toBe(false);
  });

  test('never hangs or throws on malformed text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', '{', '{"a":', '{"a":"', '[{"b":{'), (noise, head) => {
        scanTopLevel(head + noise);
        rawMembers(head + noise);
        rawElements(head + noise);
      }),
    );
  });
});

describe('splice', () => {
  const cases: [name: string, text: string, edits: Edit[], expected: string][] = [
    [
      'replaces a value and keeps the rest',
      '{ "model" : "a", "x":1.0 }',
      [{ path: ['model'], set: '"b"' }],
      '{ "model" : "b", "x":1.0 }',
    ],
    ['adds a missing member at the end', '{"a":1 }', [{ path: ['b'], set: '2' }], '{"a":1,"b":2 }'],
    ['adds to an empty object', '{ }', [{ path: ['b'], set: '2' }], '{"b":2 }'],
    [
      'removes first, middle, last',
      '{"a":1, "b":2, "c":3}',
      [
        { path: ['a'], remove: true },
        { path: ['c'], remove: true },
      ],
      '{"b":2}',
    ],
    [
      'removes all and adds one',
      '{"a":1,"b":2}',
      [
        { path: ['a'], remove: true },
        { path: ['b'], remove: true },
        { path: ['c'], set: '3' },
      ],
      '{"c":3}',
    ],
    [
      'renames a key',
      '{"max_completion_tokens":9}',
      [{ path: ['max_completion_tokens'], rename: 'max_tokens' }],
      '{"max_tokens":9}',
    ],
    [
      'edits deep',
      '{"m":[{"role":"developer"},{"role":"user"}]}',
      [{ path: ['m', 0, 'role'], set: '"system"' }],
      '{"m":[{"role":"system"},{"role":"user"}]}',
    ],
    [
      'removes elements',
      '[1, 2, 3]',
      [
        { path: [0], remove: true },
        { path: [2], remove: true },
      ],
      '[2]',
    ],
    [
      'removes a run',
      '[1,2,3,4]',
      [
        { path: [1], remove: true },
        { path: [2], remove: true },
      ],
      '[1,4]',
    ],
    [
      'inserts before, and appends',
      '[1,2]',
      [
        { path: [0], insert: '0' },
        { path: [2], insert: '3' },
      ],
      '[0,1,2,3]',
    ],
    [
      'inserts in place of a removed element',
      '[1,2]',
      [
        { path: [1], remove: true },
        { path: [1], insert: '9' },
      ],
      '[1,9]',
    ],
    ['appends to an empty array', '{"a":[]}', [{ path: ['a', 0], insert: '1' }], '{"a":[1]}'],
    ['replaces the only element of interest', '[1,2]', [{ path: [0], set: '9' }], '[9,2]'],
    [
      'finds a key by its name, not by its spelling',
      '{"a\\nb":1,"\\u0061":2}',
      [{ path: ['a'], set: '3' }],
      '{"a\\nb":1,"\\u0061":3}',
    ],
    [
      'takes no escape for what it looks like',
      '{"a\\nb":1}',
      [{ path: ['a\\nb'], set: '3' }],
      '{"a\\nb":1,"a\\\\nb":3}',
    ],
    ['edits every occurrence of a double key', '{"a":1,"a":2}', [{ path: ['a'], set: '3' }], '{"a":3,"a":3}'],
  ];
  for (const [name, text, edits, expected] of cases) {
    test(name, () => {
      expect(splice(text, edits)).toBe(expected);
      JSON.parse(expected);
    });
  }

  test('agrees with editing the parsed value, at any place', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }),
        fc.nat(),
        fc.jsonValue(),
        fc.boolean(),
        (object, pick, value, remove) => {
          const keys = Object.keys(object);
          const key = keys[pick % keys.length]!;
          const text = JSON.stringify(object, null, pick % 3);
          const expected: Record<string, unknown> = JSON.parse(JSON.stringify(object));
          const edit: Edit = remove ? { path: [key], remove: true } : { path: [key], set: JSON.stringify(value) };
          if (remove) delete expected[key];
          else expected[key] = JSON.parse(JSON.stringify(value));
          const edited = splice(text, [edit]);
          expect(JSON.parse(edited)).toEqual(expected);
          expect(splice(text, [edit], scanTopLevel(text))).toBe(edited);
        },
      ),
    );
  });
});

test('what nests deeper than requests may is edited and read like anything else', () => {
  const deep = `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`;
  const edit: Edit[] = [{ path: ['model'], set: '"b"' }];
  expect(splice(`{"model":"a","x":${deep},"y":1}`, edit)).toBe(`{"model":"b","x":${deep},"y":1}`);
  expect(splice(`{"x":[${deep}],"model":"a"}`, edit)).toBe(`{"x":[${deep}],"model":"b"}`);
  expect(splice(`{"x":${deep}}`, edit)).toBe(`{"x":${deep},"model":"b"}`);
  expect(rawAt(`{"y":[${deep},7],"x":${deep}}`, ['y', 1])).toBe('7');
  expect([...rawMembers(`{"y":1,"x":${deep}}`).keys()]).toEqual(['y', 'x']);
  expect(rawElements(`[1,${deep},2]`)).toEqual(['1', deep, '2']);
});

test('rawAt gives a value as it was written', () => {
  const text = '{"tools":[{"input_schema":{"b":1.0, "a":12345678901234567890}}]}';
  expect(rawAt(text, ['tools', 0, 'input_schema'])).toBe('{"b":1.0, "a":12345678901234567890}');
  expect(rawAt(text, ['tools', 1])).toBeUndefined();
  expect(rawElements('[1.0, "x,]", {"a":[2]}]')).toEqual(['1.0', '"x,]"', '{"a":[2]}']);
  expect(rawMembers('{"2":1e2,"1":"\\u00e9"}').get('1')).toBe('"\\u00e9"');
});

test('what is edited far down costs what it costs at the top', () => {
  const reads = (depth: number): number => {
    const inner = `[${'1,'.repeat(20_000)}1]`;
    const text = `${'{"c":['.repeat(depth)}${inner}${']}'.repeat(depth)}`;
    const path = Array.from({ length: depth }, () => ['c', 0]).flat();
    const reading = spyOn(String.prototype, 'charCodeAt');
    const edited = splice(text, [{ path: [...path, 1], set: '2' }]);
    const count = reading.mock.calls.length;
    reading.mockRestore();
    expect(edited).toBe(text.replace('1,1', '1,2'));
    return count;
  };
  expect(reads(90)).toBeLessThan(2 * reads(1));
});

test('members that are added stand behind one another, also where none was or none stays', () => {
  const add = ['a', 'b', 'c'].map((name) => ({ path: ['o', name], set: '1' }));
  const gone = ['z', 'y'].map((name) => ({ path: ['o', name], remove: true as const }));
  for (const object of ['{}', '{ }', '{"z":1}', '{"z":1,"y":2}']) {
    expect(JSON.parse(splice(`{"o":${object}}`, [...add, ...gone]))).toEqual({ o: { a: 1, b: 1, c: 1 } });
  }
});

test('thousands of elements put in at one place cost what as many at others cost', () => {
  const insert: Edit[] = Array.from({ length: 40_000 }, () => ({ path: ['a', 1], insert: '3' }));
  const at = cpuMs();
  const edited = splice('{"a":[1,2]}', insert);
  expect(cpuMs() - at).toBeLessThan(1_500);
  expect(edited).toBe(`{"a":[1,${'3,'.repeat(40_000)}2]}`);
});

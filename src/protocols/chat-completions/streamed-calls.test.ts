import { describe, expect, test } from 'bun:test';
import { StreamedCalls } from './streamed-calls.ts';

interface Delta {
  id?: string;
  index?: number;
  name?: string;
  input?: string;
}

/** The number of the call that each delta belongs to. Calls start with their name, and their id or first argument. */
function callsOf(...deltas: Delta[]): number[] {
  const calls = new StreamedCalls();
  return deltas.map(({ id = '', index, name = '', input = '' }, i) => {
    const call = calls.find(id, index, name) ?? calls.add(`p${i}`, id, index, 'answer');
    call.name ||= name;
    call.input += input;
    if (!call.started && call.name !== '' && (!call.anonymous || call.input !== '')) calls.start(call);
    return calls.all.indexOf(call);
  });
}

describe('a delta belongs to', () => {
  test('the last call of its index; without one, to the last', () => {
    const one = { id: 'a', index: 0, name: 'f' };
    const two = { id: 'b', index: 3, name: 'f' };
    const rest = { input: '1' };
    expect(callsOf(one, two, { index: 0, ...rest }, { index: 3, ...rest }, rest)).toEqual([0, 1, 0, 1, 1]);
  });

  test('the call of its id, also where others have the same index, or it has another', () => {
    const [one, two] = [
      { id: 'a', index: 0, name: 'f', input: '{}' },
      { id: 'b', index: 0, name: 'f', input: '{}' },
    ];
    expect(callsOf(one, two, { id: 'a', index: 0 }, { id: 'a' }, { index: 0 })).toEqual([0, 1, 0, 0, 1]);
  });

  test('a new one where a name is said again, or another id, and the call’s arguments are whole', () => {
    const call = (input: string): Delta => ({ index: 0, name: 'f', input });
    expect(callsOf(call('{"a":'), call('1}'), call('{}'))).toEqual([0, 0, 1]);
    const other = (id: string, input: string): Delta => ({ id, index: 0, input });
    const first = { id: 'a', index: 0, name: 'f', input: '{' };
    expect(callsOf(first, other('x', '}'), other('y', '{}'))).toEqual([0, 0, 1]);
    // Without an index another id is another call.
    expect(callsOf({ id: 'a', name: 'f', input: '{' }, { id: 'b', input: '}' })).toEqual([0, 1]);
  });
});

test('an id that comes before a call has started is its own from then on; after that it keeps ours', () => {
  const calls = new StreamedCalls();
  const late = calls.add('p0', '', 0, 'answer');
  expect(late).toMatchObject({ callId: 'call_answer_0', anonymous: true });
  expect(calls.find('a', 0, '')).toBe(late);
  expect(late).toMatchObject({ callId: 'a', anonymous: false });

  const begun = calls.add('p1', '', 1, 'answer');
  calls.start(begun);
  expect(calls.find('b', 1, '')).toBe(begun);
  expect(begun).toMatchObject({ callId: 'call_answer_1', anonymous: true });
});

test('what has not started is due, in its order', () => {
  const calls = new StreamedCalls();
  const [one, two, three] = [0, 1, 2].map((index) => calls.add(`p${index}`, `c${index}`, index, 'answer'));
  calls.start(two!);
  expect([...calls.due]).toEqual([one!, three!]);
  expect(calls.all).toEqual([one!, two!, three!]);
});

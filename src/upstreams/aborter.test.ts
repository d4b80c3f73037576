import { describe, expect, test } from 'bun:test';
import { Aborter, platformSignal } from './aborter.ts';

describe('aborter', () => {
  test('tells its listeners once, in their order, with the first reason', () => {
    const aborter = new Aborter();
    const told: unknown[] = [];
    aborter.addEventListener('abort', () => told.push(['a', aborter.reason]));
    aborter.addEventListener('abort', () => told.push(['b', aborter.aborted]));
    aborter.abort('first');
    aborter.abort('second');
    expect(told).toEqual([
      ['a', 'first'],
      ['b', true],
    ]);
    expect(aborter.reason).toBe('first');
  });

  test('tells nobody who has been removed, be it by an earlier listener', () => {
    const aborter = new Aborter();
    const told: string[] = [];
    const last = (): void => void told.push('last');
    const gone = (): void => void told.push('gone');
    aborter.addEventListener('abort', gone);
    aborter.addEventListener('abort', () => aborter.removeEventListener('abort', last));
    aborter.addEventListener('abort', last);
    aborter.removeEventListener('abort', gone);
    aborter.abort(undefined);
    expect(told).toEqual([]);
  });

  test('calls nobody who comes too late', () => {
    const aborter = new Aborter();
    aborter.abort('over');
    let called = false;
    aborter.addEventListener('abort', () => {
      called = true;
    });
    expect(called).toBe(false);
    expect(() => aborter.throwIfAborted()).toThrow('over');
  });

  test("becomes the platform's signal, now and later", () => {
    const early = new Aborter();
    early.abort('early');
    expect(platformSignal(early)).toMatchObject({ aborted: true, reason: 'early' });
    const late = new Aborter();
    const signal = platformSignal(late);
    expect(signal.aborted).toBe(false);
    late.abort('late');
    expect(signal).toMatchObject({ aborted: true, reason: 'late' });
  });

  test("leaves the platform's own signal as it is", () => {
    const { signal } = new AbortController();
    expect(platformSignal(signal)).toBe(signal);
  });
});

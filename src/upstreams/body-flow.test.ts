import { describe, expect, test } from 'bun:test';
import { drain, flow } from './body-flow.ts';
import type { BodyConsumer, UpstreamBody } from './upstream-response.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Writes down what it hears; `onWord` is called with each. */
function listener(onWord: (word: string) => void = () => {}) {
  const heard: string[] = [];
  const over = Promise.withResolvers<void>();
  const hear = (word: string): void => {
    heard.push(word);
    onWord(word);
  };
  const consumer: BodyConsumer = {
    onBytes: (chunk, start, end) => hear(new TextDecoder().decode(chunk.subarray(start, end))),
    onEnd: () => {
      hear('end');
      over.resolve();
    },
    onBroken: (reason) => {
      hear(`broken: ${(reason as Error).message}`);
      over.resolve();
    },
  };
  return { heard, consumer, over: over.promise };
}

interface Source {
  pull: (controller: ReadableStreamDefaultController<Uint8Array>) => void;
  cancel?: () => void;
}

const bodyOf = (source: Source): UpstreamBody => new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });

describe('a body that has to be read', () => {
  test('flows to its end', async () => {
    const { heard, consumer, over } = listener();
    const parts = ['a', 'b'];
    flow(
      bodyOf({
        pull: (controller) => {
          const part = parts.shift();
          if (part === undefined) controller.close();
          else controller.enqueue(bytes(part));
        },
      }),
      consumer,
    );
    await over;
    expect(heard).toEqual(['a', 'b', 'end']);
  });

  test('tells that it broke, after what came before', async () => {
    const { heard, consumer, over } = listener();
    let pulled = 0;
    flow(
      bodyOf({
        pull: (controller) => {
          if (pulled++ === 0) controller.enqueue(bytes('a'));
          else controller.error(new Error('gone'));
        },
      }),
      consumer,
    );
    await over;
    expect(heard).toEqual(['a', 'broken: gone']);
  });

  test('is not read while the consumer has enough', async () => {
    let pulled = 0;
    const { heard, consumer, over } = listener((word) => word === '1' && flowing.pause());
    const flowing = flow(
      bodyOf({
        pull: (controller) => {
          if (++pulled === 4) controller.close();
          else controller.enqueue(bytes(String(pulled)));
        },
      }),
      consumer,
    );
    await new Promise((resolve) => setTimeout(resolve));
    expect([heard, pulled]).toEqual([['1'], 1]);
    flowing.resume();
    await over;
    expect(heard).toEqual(['1', '2', '3', 'end']);
  });

  test('is silent once it was cancelled, and its source is told', async () => {
    const cancelled = Promise.withResolvers<void>();
    const { heard, consumer } = listener((word) => word === 'a' && flowing.cancel());
    const flowing = flow(
      bodyOf({ pull: (controller) => controller.enqueue(bytes('a')), cancel: () => cancelled.resolve() }),
      consumer,
    );
    await cancelled.promise;
    expect(heard).toEqual(['a']);
  });
});

test('no body is a body that has ended', () => {
  const { heard, consumer } = listener();
  flow(null, consumer);
  expect(heard).toEqual(['end']);
});

test('the rest that nobody wants is let in, for a while', async () => {
  const told: string[] = [];
  drain({ pause: () => told.push('pause'), resume: () => told.push('resume'), cancel: () => told.push('cancel') });
  expect(told).toEqual(['resume']);
  await Bun.sleep(600);
  expect(told).toEqual(['resume', 'cancel']);
});

import { expect, test } from 'bun:test';
import { streamScript } from './frames.ts';
import { Outbox } from './outbox.ts';
import { PacedStreams } from './paced-streams.ts';

const STREAMS = 100;
/** What all streams take for a frame each is ten times as long as the gap between two frames. */
const GAP_MS = 5;
const FRAME_MS = 0.5;

test('streams that the rig is too slow for let others in after a frame each, and end when they are told to', async () => {
  const script = streamScript('chat-completions', 'text', 10);
  const scenario = { stream: true, answerBytes: 0, frames: 1e9, gapMs: GAP_MS, content: 'text' } as const;
  const paced = new PacedStreams();
  const ended = new Set<number>();
  let inARow = 0;
  let most = 0;
  const others = (): void => {
    inARow = 0;
    if (ended.size < STREAMS) setTimeout(others, 1);
  };
  others();
  for (let index = 0; index < STREAMS; index++) {
    const write = (bytes: Uint8Array): number => {
      if (script.tail.equals(bytes)) ended.add(index);
      most = Math.max(most, ++inARow);
      const until = performance.now() + FRAME_MS;
      while (performance.now() < until);
      return bytes.length;
    };
    paced.add(new Outbox({ write }), script, scenario);
  }
  await Bun.sleep(200);
  paced.finish();
  while (ended.size < STREAMS) await Bun.sleep(5);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(2 * STREAMS);
});

import { type StreamScript, stamp } from './frames.ts';
import type { Scenario } from './orders.ts';
import type { Outbox } from './outbox.ts';

/**
 * A rig that is slower than its pace would do nothing but catch up, and never end. It goes on from where it is, and its share of
 * the core, near 1, tells that it was the limit.
 */
const MOST_BEHIND_MS = 250;

interface Paced {
  outbox: Outbox;
  script: StreamScript;
  sent: number;
  frames: number;
  gapMs: number;
  /** When the next frame is due, `performance.now()`. */
  dueAt: number;
}

/**
 * Streams whose frames leave at a steady pace, each with its own phase. One timer walks them in steps of a millisecond:
 * a timer per stream would cost more than its frames.
 */
export class PacedStreams {
  /** By the millisecond at which they are due, modulo the wheel's size. */
  readonly #wheel: Paced[][] = Array.from({ length: 256 }, () => []);
  readonly #gone = new Set<Outbox>();
  #open = 0;
  #at = 0;
  #finishing = false;
  #timer: Timer | undefined;

  add(outbox: Outbox, script: StreamScript, { frames, gapMs }: Scenario): void {
    this.#gone.delete(outbox);
    if (this.#open++ === 0) {
      this.#finishing = false;
      this.#at = Math.floor(performance.now());
      this.#timer = setTimeout(this.#turn, 1);
    }
    this.#plan({ outbox, script, sent: 0, frames, gapMs, dueAt: performance.now() + gapMs });
  }

  /** The client left. */
  remove(outbox: Outbox): void {
    if (this.#open > 0) this.#gone.add(outbox);
  }

  finish(): void {
    this.#finishing = true;
  }

  #plan(stream: Paced): void {
    const slot = Math.max(Math.ceil(stream.dueAt), this.#at + 1);
    this.#wheel[slot % this.#wheel.length]!.push(stream);
  }

  /** Each stream that is due sends one frame, however late: what is planned again meanwhile waits for the next turn. */
  readonly #turn = (): void => {
    const now = Math.floor(performance.now());
    const due: Paced[][] = [];
    const slots = this.#wheel.length;
    for (let at = Math.max(this.#at, now - slots) + 1; at <= now; at++) {
      due.push(this.#wheel[at % slots]!);
      this.#wheel[at % slots] = [];
    }
    this.#at = now;
    for (const streams of due) for (const stream of streams) this.#step(stream);
    // Not an interval: one that is late is due before every other timer, and those would never come.
    if (this.#open > 0) this.#timer = setTimeout(this.#turn, 1);
  };

  #step(stream: Paced): void {
    if (this.#gone.delete(stream.outbox)) {
      this.#end();
      return;
    }
    if (stream.sent === stream.frames || this.#finishing) {
      stream.outbox.write(stream.script.tail);
      this.#end();
      return;
    }
    const frame = stream.script.deltas[stream.sent++ % stream.script.deltas.length]!;
    const now = performance.now();
    stamp(frame, now * 1000);
    stream.outbox.write(frame.bytes);
    stream.dueAt += stream.gapMs;
    if (now - stream.dueAt > MOST_BEHIND_MS) stream.dueAt = now;
    this.#plan(stream);
  }

  #end(): void {
    if (--this.#open === 0) clearTimeout(this.#timer);
  }
}

import { GatewayError } from '../errors/catalogue.ts';
import type { StreamLane } from '../protocols/lane.ts';
import type { AnswerOutput } from '../protocols/whole-answer.ts';
import { drain, flow, NOTHING } from '../upstreams/body-flow.ts';
import { failureOfConnection } from '../upstreams/failures.ts';
import type { BodyConsumer, BodyFlow, UpstreamResponse } from '../upstreams/upstream-response.ts';
import type { Call } from './call.ts';
import { ClientLeft } from './client-request.ts';
import { Reply, type StreamedBody, type StreamingClient } from './reply.ts';
import { asGatewayError, streamHeaders } from './respond.ts';
import { settle } from './settle.ts';
import { failStream, leaveStream } from './stream-ends.ts';
import { heartbeat } from './stream-frames.ts';
import type { Watched } from './stream-watch.ts';

/** Called once a stream is complete and on its way, with all its output. */
type OnComplete = (output: AnswerOutput) => void;

/**
 * Streams an upstream's answer to the client through a lane. Resolves with the reply once the first bytes are there, or
 * silence has lasted long enough, be it before the answer's head or after; an upstream that fails before that throws, and
 * becomes a plain error answer.
 */
export async function relayStream(
  call: Call,
  upstream: Promise<UpstreamResponse>,
  lane: StreamLane,
  onComplete?: OnComplete,
): Promise<Reply> {
  const relay = new StreamRelay(call, upstream, lane, onComplete);
  await relay.firstBytes();
  return new Reply(200, streamHeaders(call), relay);
}

/**
 * Bytes go from the upstream's socket through the lane to the client's within one turn of the event loop: nothing is
 * awaited per frame, no clock is read and no timer is set. `tick` looks at what has happened since it last looked.
 */
class StreamRelay implements StreamedBody, Watched, BodyConsumer {
  readonly #call: Call;
  readonly #lane: StreamLane;
  readonly #onComplete: OnComplete | undefined;
  /** Nothing to hold on to until the answer's head is there: before that the call's abort ends the exchange. */
  #upstream: BodyFlow = NOTHING;
  #answering = false;
  #upstreamOver = false;
  /** The client's side; undefined until the answer's head is on its way. */
  #client: StreamingClient | undefined;
  /** The upstream's failure where the lane has none of its own: a broken or silent connection. */
  #broken: GatewayError | undefined;
  #over = false;
  /** The last bytes are being charged for: what comes now changes nothing. */
  #finishing = false;
  /** True from when a delta was handed to the client's socket: from then on it pays for leaving. */
  #handed = false;
  /** The client's socket takes nothing more for now, and the upstream waits. */
  #clientFull = false;
  // What the clocks of `tick` run on: times of the ticks that saw it, in ms of `performance.now()`.
  #heardAt = performance.now();
  #heard = false;
  #sentAt = this.#heardAt;
  #sent = false;
  #fullSince = 0;
  /** Resolves the promise of something to answer with, or to fail with, once somebody waits for it. */
  #begin: (() => void) | undefined;
  /** Nothing has come for so long that a heartbeat is to leave first. */
  #silent = false;

  constructor(call: Call, upstream: Promise<UpstreamResponse>, lane: StreamLane, onComplete: OnComplete | undefined) {
    this.#onComplete = onComplete;
    this.#call = call;
    this.#lane = lane;
    call.house.watch.add(this);
    call.exits.add(this);
    call.abort.signal.addEventListener('abort', this);
    upstream.then(
      ({ body }) => {
        call.forgetParsed();
        this.#answering = true;
        this.#heardAt = performance.now();
        this.#upstream = flow(body, this);
        // What came together with the head was taken before there was anything to hold on to.
        if (this.#over) this.#upstream.cancel();
        else if (this.#clientFull) this.#upstream.pause();
      },
      (reason: unknown) => this.onBroken(reason),
    );
  }

  /** Waits until something may leave. Throws when the upstream failed before. */
  async firstBytes(): Promise<void> {
    if (!this.#canBegin()) {
      await new Promise<void>((resolve) => {
        this.#begin = resolve;
      });
      this.#begin = undefined;
    }
    if (this.#over) throw this.#call.abort.signal.reason;
    const failure = this.#failure();
    if (failure === undefined || this.#lane.hasOutput) return;
    this.#over = true;
    this.#upstream.cancel();
    throw failure;
  }

  start(client: StreamingClient): void {
    this.#client = client;
    if (this.#silent && !this.#lane.hasOutput) this.#beat(client);
    this.#relay(client);
  }

  onRoom(): void {
    if (!this.#clientFull) return;
    this.#clientFull = false;
    this.#upstream.resume();
  }

  cancel(): void {
    void this.#clientLeft();
  }

  onBytes(chunk: Uint8Array, start: number, end: number): void {
    this.#heard = true;
    if (this.#over || this.#finishing) return;
    this.#lane.push(chunk, start, end);
    this.#moved();
  }

  onEnd(): void {
    this.#upstreamOver = true;
    if (this.#over || this.#finishing) return;
    this.#lane.end();
    this.#moved();
  }

  onBroken(reason: unknown): void {
    this.#upstreamOver = true;
    if (this.#over || this.#finishing) return;
    const { signal } = this.#call.abort;
    // The client's leaving ended it, and the connection heard of that first.
    if (signal.aborted && !(signal.reason instanceof GatewayError)) {
      this.handleEvent();
      return;
    }
    // What came before may have been whole: a reset after the finish reason takes nothing from the client.
    this.#lane.end();
    if (this.#lane.state !== 'complete') {
      this.#broken = failureOfConnection(signal.aborted ? signal.reason : reason);
    }
    this.#moved();
  }

  #moved(): void {
    if (this.#client !== undefined) this.#relay(this.#client);
    else if (this.#canBegin()) this.#begin?.();
  }

  #canBegin(): boolean {
    return this.#lane.hasOutput || this.#isLast();
  }

  #isLast(): boolean {
    return this.#lane.state !== 'open' || this.#broken !== undefined;
  }

  /** Hands over what the lane has; after the upstream's last word, what ends the answer. */
  #relay(client: StreamingClient): void {
    if (this.#over) return;
    const bytes = this.#lane.take();
    if (bytes !== undefined) this.#hand(client, bytes);
    if (this.#isLast() && !this.#finishing) void this.#finish(client);
  }

  #hand(client: StreamingClient, bytes: Uint8Array): void {
    this.#sent = true;
    if (!this.#handed && this.#lane.deltaSeen) {
      this.#handed = true;
      this.#call.ttftMs = this.#call.elapsed();
      this.#call.house.metrics.firstToken(this.#call.protocol, this.#call.ttftMs);
    }
    if (!client.write(bytes)) this.#hold();
  }

  /** The client's socket is full: the upstream waits until it has room again. */
  #hold(): void {
    if (this.#clientFull) return;
    this.#clientFull = true;
    this.#fullSince = performance.now();
    this.#upstream.pause();
  }

  #beat(client: StreamingClient): void {
    if (!client.write(heartbeat(this.#call.protocol))) this.#hold();
  }

  #failure(): GatewayError | undefined {
    return this.#broken ?? this.#lane.failure;
  }

  /** The upstream's side is over: charge, then the last bytes; or no charge, and the error. */
  async #finish(client: StreamingClient): Promise<void> {
    const lane = this.#lane;
    this.#finishing = true;
    let last: Uint8Array;
    let complete: AnswerOutput | undefined;
    try {
      const failure = this.#failure();
      if (failure !== undefined) throw failure;
      const output = lane.output();
      // A client that leaves now is settled here, once.
      const { usage } = await settle(this.#call, { usage: lane.usage(), output, ending: 'complete' });
      last = lane.terminal(usage);
      complete = output;
      // Nothing of what still comes is for the client, which may be slow.
      if (!this.#upstreamOver) drain(this.#upstream);
    } catch (thrown) {
      // It may go on, and every token that it still makes costs.
      this.#upstream.cancel();
      last = failStream(this.#call, asGatewayError(thrown));
    }
    if (!this.#over) client.end(last);
    this.#end();
    if (complete !== undefined) this.#onComplete?.(complete);
  }

  /** One of the call's exits. */
  release(): void {
    this.#call.house.watch.remove(this);
    this.#call.abort.signal.removeEventListener('abort', this);
  }

  /** The call has aborted: its client left, or an error ends it. Before the answer's head it is the dispatch that fails. */
  handleEvent(): void {
    const { reason } = this.#call.abort.signal;
    if (!(reason instanceof GatewayError)) {
      void this.#clientLeft();
      this.#begin?.();
    } else if (this.#answering) {
      this.#upstream.cancel();
      this.onBroken(reason);
    }
  }

  /** The client went away, or takes nothing any more. */
  async #clientLeft(): Promise<void> {
    if (this.#over || this.#finishing) {
      this.#over = true;
      return;
    }
    this.#over = true;
    const { abort } = this.#call;
    // Stops the upstream first: every token that it still makes costs.
    if (!abort.signal.aborted) abort.abort(new ClientLeft());
    this.#upstream.cancel();
    const charging = leaveStream(this.#call, this.#lane, this.#handed && this.#failure() === undefined);
    if (charging !== undefined) await charging;
    this.#end();
  }

  #end(): void {
    this.#over = true;
    this.#call.exits.run();
  }

  tick(now: number): void {
    if (this.#heard) this.#heardAt = now;
    if (this.#sent) this.#sentAt = now;
    this.#heard = false;
    this.#sent = false;
    if (this.#over || this.#finishing) return;
    const { timeouts } = this.#call.house.config;
    if (this.#clientFull) {
      // While the upstream waits for the client, its own silence does not count.
      this.#heardAt = now;
      // A slow client may take bytes for long before the kernel tells of room.
      if (this.#client?.flush()) this.#fullSince = now;
      if (now - this.#fullSince <= timeouts.clientStallMs) return;
      const client = this.#client;
      void this.#clientLeft();
      client?.cut();
      return;
    }
    const idleMs = this.#call.card.timeouts?.idle_ms ?? timeouts.idleMs;
    if (this.#answering && now - this.#heardAt > idleMs) {
      this.#call.abort.abort(
        new GatewayError('upstream_timeout', 'The upstream fell silent in the middle of its answer.'),
      );
      return;
    }
    if (now - this.#sentAt <= this.#call.house.heartbeatMs) return;
    this.#sentAt = now;
    if (this.#client !== undefined) {
      this.#beat(this.#client);
      return;
    }
    this.#silent = true;
    this.#begin?.();
  }
}

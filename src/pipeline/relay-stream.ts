import { GatewayError } from '../errors/catalogue.ts';
import type { StreamLane } from '../protocols/lane.ts';
import { failureOfConnection } from '../upstreams/failures.ts';
import type { BodyReader, UpstreamResponse } from '../upstreams/upstream-response.ts';
import type { Call } from './call.ts';
import { logFailed, logLeft } from './log.ts';
import { answerHeaders, asGatewayError, errorFrame } from './respond.ts';
import { settle } from './settle.ts';
import type { Watched } from './stream-watch.ts';

/** An upstream that said its last word has this long to close. */
const DRAIN_MS = 500;
const PING = encode('event: ping\ndata: {"type": "ping"}\n\n');
/** Without a blank line of its own: some clients parse an empty event as JSON. It joins the next frame. */
const COMMENT = encode(': keep-alive\n');

/**
 * Streams an upstream's answer to the client through a lane. Resolves with the response once the first bytes are there, or
 * silence has lasted long enough; an upstream that fails before that throws, and becomes a plain error answer.
 */
export async function relayStream(
  call: Call,
  upstream: UpstreamResponse,
  lane: StreamLane,
  onComplete?: () => void,
): Promise<Response> {
  const relay = new StreamRelay(call, upstream, lane, onComplete);
  await relay.firstBytes();
  const headers = answerHeaders(call, 'text/event-stream; charset=utf-8');
  headers['cache-control'] = 'no-cache';
  headers['x-accel-buffering'] = 'no';
  return new Response(relay.body(), { headers });
}

class StreamRelay implements Watched {
  readonly #call: Call;
  readonly #lane: StreamLane;
  readonly #onComplete: (() => void) | undefined;
  readonly #reader: BodyReader;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** The upstream's failure where the lane has none of its own: a broken or silent connection. */
  #broken: GatewayError | undefined;
  #over = false;
  /** True from when a delta was handed to the client's socket: from then on it pays for leaving. */
  #handed = false;
  /** When the read that is pending began; 0: none is. */
  #readingSince = 0;
  /** When the bytes handed over last began to wait for the client; 0: the client wants more. */
  #waitingSince = 0;
  #lastFrameAt: number;
  readonly #early = Promise.withResolvers<void>();

  constructor(call: Call, upstream: UpstreamResponse, lane: StreamLane, onComplete: (() => void) | undefined) {
    this.#onComplete = onComplete;
    this.#call = call;
    this.#lane = lane;
    this.#reader = upstream.body?.getReader() ?? NO_BODY;
    this.#lastFrameAt = performance.now();
    call.house.watch.add(this);
    call.exits.add(() => call.house.watch.remove(this));
    call.abort.signal.addEventListener('abort', this.#onAbort);
  }

  /** Reads until something may leave. Throws when the upstream failed before. */
  async firstBytes(): Promise<void> {
    await Promise.race([this.#readToFirst(), this.#early.promise]);
    if (this.#over) throw this.#call.abort.signal.reason;
    const failure = this.#failure();
    if (failure === undefined || this.#firstHeld !== undefined) return;
    this.#over = true;
    drain(this.#reader);
    throw failure;
  }

  /** Bytes taken from the lane by `readToFirst`, for the first pull. */
  #firstHeld: Uint8Array | undefined;
  #firstRead: Promise<void> | undefined;

  #readToFirst(): Promise<void> {
    this.#firstRead = (async () => {
      while (this.#lane.state === 'open' && this.#broken === undefined) {
        await this.#read();
        this.#firstHeld = this.#lane.take();
        if (this.#firstHeld !== undefined) return;
      }
    })();
    return this.#firstRead;
  }

  body(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#clientLeft(),
      },
      { highWaterMark: 0 },
    );
  }

  async #pull(): Promise<void> {
    this.#waitingSince = 0;
    if (this.#firstRead !== undefined) {
      await this.#firstRead;
      this.#firstRead = undefined;
    }
    for (;;) {
      if (this.#over) return;
      const bytes = this.#firstHeld ?? this.#lane.take();
      this.#firstHeld = undefined;
      if (bytes !== undefined) {
        this.#hand(bytes);
        return;
      }
      if (this.#lane.state !== 'open' || this.#broken !== undefined) {
        await this.#finish();
        return;
      }
      await this.#read();
    }
  }

  /** One read into the lane. Never rejects: a broken connection ends the lane. */
  async #read(): Promise<void> {
    this.#readingSince = performance.now();
    try {
      const { done, value } = await this.#reader.read();
      if (done || value === undefined) this.#lane.end();
      else this.#lane.push(value);
    } catch (error) {
      // What came before may have been whole: a reset after the finish reason takes nothing from the client.
      this.#lane.end();
      if (this.#lane.state !== 'complete') {
        this.#broken = failureOfConnection(this.#call.abort.signal.aborted ? this.#call.abort.signal.reason : error);
      }
    } finally {
      this.#readingSince = 0;
    }
  }

  #hand(bytes: Uint8Array): void {
    const now = performance.now();
    this.#lastFrameAt = now;
    this.#waitingSince = now;
    if (!this.#handed && this.#lane.deltaSeen) {
      this.#handed = true;
      this.#call.ttftMs = this.#call.elapsed();
      this.#call.house.metrics.firstToken(this.#call.protocol, this.#call.ttftMs);
    }
    this.#controller!.enqueue(bytes);
  }

  #failure(): GatewayError | undefined {
    return this.#broken ?? this.#lane.failure;
  }

  /** The upstream's side is over: charge, then the last bytes; or no charge, and the error. */
  async #finish(): Promise<void> {
    const { controller, call, lane } = { controller: this.#controller!, call: this.#call, lane: this.#lane };
    let last: Uint8Array;
    const failure = this.#failure();
    if (failure === undefined) {
      try {
        // A client that leaves now is settled here, once.
        this.#settling = true;
        const { usage } = await settle(call, { usage: lane.usage(), output: lane.output(), ending: 'complete' });
        last = lane.terminal(usage);
        this.#onComplete?.();
        drain(this.#reader);
      } catch (thrown) {
        const error = asGatewayError(thrown);
        logFailed(call, error);
        last = encode(errorFrame(call, error));
      }
    } else {
      call.reservation?.release();
      logFailed(call, failure);
      last = encode(errorFrame(call, failure));
    }
    if (!this.#over) {
      controller.enqueue(last);
      controller.close();
    }
    this.#end();
  }

  #settling = false;

  readonly #onAbort = (): void => {
    this.#early.resolve();
    if (!(this.#call.abort.signal.reason instanceof GatewayError)) void this.#clientLeft();
  };

  /** The client went away, or takes nothing any more. */
  async #clientLeft(): Promise<void> {
    if (this.#over || this.#settling) {
      this.#over = true;
      return;
    }
    this.#over = true;
    const { call, lane } = { call: this.#call, lane: this.#lane };
    // Stops the upstream first: every token that it still makes costs.
    if (!call.abort.signal.aborted) call.abort.abort(new ClientLeft());
    this.#reader.cancel().catch(() => {});
    try {
      if (this.#handed && this.#failure() === undefined) {
        await settle(call, { usage: lane.usage(), output: lane.output(), ending: 'client_left' });
      } else {
        call.reservation?.release();
        logLeft(call);
      }
    } catch (thrown) {
      logFailed(call, asGatewayError(thrown));
    } finally {
      this.#end();
    }
  }

  #end(): void {
    this.#over = true;
    this.#call.abort.signal.removeEventListener('abort', this.#onAbort);
    this.#call.exits.run();
  }

  tick(now: number): void {
    if (this.#over) return;
    const { timeouts } = this.#call.house.config;
    const idleMs = this.#call.card.timeouts?.idle_ms ?? timeouts.idleMs;
    if (this.#readingSince > 0 && now - this.#readingSince > idleMs) {
      this.#call.abort.abort(
        new GatewayError('upstream_timeout', 'The upstream fell silent in the middle of its answer.'),
      );
      this.#reader.cancel().catch(() => {});
      return;
    }
    if (this.#waitingSince > 0 && now - this.#waitingSince > timeouts.clientStallMs) {
      const controller = this.#controller;
      void this.#clientLeft();
      controller?.error(new ClientLeft());
      return;
    }
    if (this.#readingSince > 0 && now - this.#lastFrameAt > this.#call.house.heartbeatMs) {
      this.#lastFrameAt = now;
      if (this.#controller === undefined) this.#early.resolve();
      else if (this.#waitingSince === 0) this.#controller.enqueue(this.#call.protocol === 'messages' ? PING : COMMENT);
    }
  }
}

/** Reason of an abort that the client caused. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft';
}

/** Lets the upstream's last bytes in, so that its connection can be used again; a server that goes on is cut off. */
function drain(reader: BodyReader): void {
  const cut = setTimeout(() => void reader.cancel().catch(() => {}), DRAIN_MS);
  void (async () => {
    try {
      while (!(await reader.read()).done);
    } catch {
      // It broke after it was of use.
    } finally {
      clearTimeout(cut);
    }
  })();
}

const NO_BODY: BodyReader = { read: async () => ({ done: true }), cancel: async () => {} };

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

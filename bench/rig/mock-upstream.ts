import type { Socket } from 'bun';
import { STREAM_HEAD, type StreamScript, stamp, streamScript, type WireProtocol, wholeAnswer } from './frames.ts';
import type { Scenario } from './orders.ts';
import { Outbox } from './outbox.ts';
import { PacedStreams } from './paced-streams.ts';
import { RequestScanner } from './request-scanner.ts';

/**
 * A model vendor that answers at once with what it was told: HTTP/1.1 over raw sockets, so that it costs a fraction of what
 * stands before it. Which protocol is asked for it sees from the path.
 */
export class MockUpstream {
  readonly port: number;
  readonly #server;
  readonly #paced = new PacedStreams();
  #whole!: Record<WireProtocol, Buffer>;
  #scripts!: Record<WireProtocol, StreamScript>;
  #scenario!: Scenario;

  constructor() {
    this.answerWith({ stream: false, answerBytes: 1000, frames: 0, gapMs: 0, content: 'text' });
    this.#server = Bun.listen<Connection>({
      hostname: '127.0.0.1',
      port: 0,
      socket: {
        open: (socket) => {
          socket.setNoDelay(true);
          socket.data = { requests: new RequestScanner(), outbox: new Outbox(socket) };
        },
        data: (socket, bytes) => {
          const paths = socket.data.requests.push(bytes);
          for (const path of paths) this.#answer(socket, path);
        },
        drain: (socket) => socket.data.outbox.flush(),
        close: (socket) => this.#paced.remove(socket.data.outbox),
        error: () => {},
      },
    });
    this.port = this.#server.port;
  }

  answerWith(scenario: Scenario): void {
    this.#scenario = scenario;
    this.#whole = both((protocol) => wholeAnswer(protocol, scenario.answerBytes));
    this.#scripts = both((protocol) => streamScript(protocol, scenario.content, scenario.frames));
  }

  /** Ends the streams that would go on for ever, each with a proper last frame. */
  finishStreams(): void {
    this.#paced.finish();
  }

  stop(): void {
    this.#server.stop(true);
  }

  #answer({ data: { outbox } }: Socket<Connection>, path: string): void {
    const protocol: WireProtocol = path.includes('/messages') ? 'messages' : 'chat-completions';
    if (!this.#scenario.stream) {
      outbox.write(this.#whole[protocol]);
      return;
    }
    const script = this.#scripts[protocol];
    outbox.write(STREAM_HEAD);
    outbox.write(script.head);
    if (this.#scenario.gapMs > 0) {
      this.#paced.add(outbox, script, this.#scenario);
      return;
    }
    for (let i = 0; i < this.#scenario.frames; i++) {
      const frame = script.deltas[i % script.deltas.length]!;
      stamp(frame, performance.now() * 1000);
      outbox.write(frame.bytes);
    }
    outbox.write(script.tail);
  }
}

interface Connection {
  requests: RequestScanner;
  outbox: Outbox;
}

function both<T>(make: (protocol: WireProtocol) => T): Record<WireProtocol, T> {
  return { 'chat-completions': make('chat-completions'), messages: make('messages') };
}

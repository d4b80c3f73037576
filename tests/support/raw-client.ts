import { connect, type Socket } from 'node:net';

/** An HTTP client that sends what no other would: any bytes, in any pieces, and reads only when told to. */
export interface RawClient extends Disposable {
  send(bytes: string | Uint8Array): void;
  /** Resolves with all that came once it satisfies `enough`, or the server has closed. */
  received(enough: (text: string) => boolean): Promise<string>;
  /** Resolves with all that came once the server has closed. */
  closed(): Promise<string>;
  /** From now on, or until `resume`, nothing is taken from the socket. */
  pause(): void;
  resume(): void;
  /** RST, as from a process that was killed. */
  reset(): void;
}

/** Opens a connection to a gateway's URL. */
export function rawClient(url: string): RawClient {
  return new SocketClient(connect(Number(new URL(url).port), '127.0.0.1'));
}

/** Head and body of one request; `content-length` is added unless a framing header is given. */
export function rawRequest(path: string, headers: Record<string, string>, body: string | Uint8Array = ''): Uint8Array {
  const bytes = Buffer.from(body as string);
  const framed = Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name));
  const all = { host: '127.0.0.1', ...headers, ...(framed ? {} : { 'content-length': String(bytes.length) }) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1'), bytes]);
}

/** True once a whole answer with a length is there. */
export function wholeAnswer(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return end > 0 && length !== undefined && Buffer.byteLength(text) >= end + 4 + Number(length);
}

class SocketClient implements RawClient {
  readonly #socket: Socket;
  #text = '';
  #over = false;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#text += bytes.toString('utf8');
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#over = true;
      this.#wake();
    });
  }

  send(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  async received(enough: (text: string) => boolean): Promise<string> {
    while (!this.#over && !enough(this.#text)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#text;
  }

  closed(): Promise<string> {
    return this.received(() => false);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

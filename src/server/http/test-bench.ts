import { connect, type Socket } from 'node:net';
import { GatewayError } from '../../errors/catalogue.ts';
import { Reply } from '../../pipeline/reply.ts';
import { plainError } from '../../pipeline/respond.ts';
import { ClientConnection, type ConnectionHost } from './client-connection.ts';
import type { IncomingRequest } from './incoming-request.ts';

export type Answer = (request: IncomingRequest) => Reply | Response | Promise<Reply | Response>;

/** A listener of its own, whose clock the test turns. */
export class Host implements ConnectionHost {
  draining = false;
  clientStallMs = 60_000;
  /** Answers that began less those that ended. */
  running = 0;
  requests: IncomingRequest[] = [];
  /** Bytes that have come, over all connections. */
  heard = 0;
  readonly connections = new Set<ClientConnection>();
  readonly #answer: Answer;
  readonly listener = Bun.listen<ClientConnection>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => {
        socket.data = new ClientConnection(socket, this);
        this.connections.add(socket.data);
      },
      data: (socket, bytes) => {
        this.heard += bytes.length;
        socket.data.onData(bytes);
      },
      drain: (socket) => void socket.data.flush(),
      close: (socket) => socket.data.onClose(),
    },
  });

  constructor(answer: Answer) {
    this.#answer = answer;
    hosts.push(this);
  }

  answer(request: IncomingRequest) {
    this.running++;
    this.requests.push(request);
    return this.#answer(request);
  }

  refuse(error: unknown): Reply {
    const { message, status } = error as Error & { status?: number };
    return plainError(new GatewayError('invalid_param', message, { status: status ?? 500 }), 'chat-completions', 'id');
  }

  onAnswered(): void {
    this.running--;
  }

  onClosed(connection: ClientConnection): void {
    this.connections.delete(connection);
  }

  tick(times: number): void {
    for (let i = 0; i < times; i++) for (const connection of this.connections) connection.tick();
  }
}

/** A client that reads when it is told to. */
export class Peer {
  text = '';
  closed = false;
  /** The connection ended with a RST. */
  reset = false;
  readonly socket: Socket;
  readonly #host: Host;
  #sent = 0;

  constructor(host: Host) {
    this.#host = host;
    this.socket = connect({ port: host.listener.port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('data', (bytes) => {
      this.text += bytes.toString('latin1');
    });
    this.socket.on('end', () => {
      this.closed = true;
    });
    this.socket.on('error', () => {
      this.closed = true;
      this.reset = true;
    });
    peers.push(this);
  }

  send(text: string): this {
    this.#sent += text.length;
    this.socket.write(Buffer.from(text, 'latin1'));
    return this;
  }

  async until(condition: () => boolean): Promise<string> {
    while (!condition()) await Bun.sleep(1);
    return this.text;
  }

  /** What this client sent, the only one of its host, has been heard there. */
  arrived(): Promise<string> {
    return this.until(() => this.#host.heard === this.#sent);
  }

  says(what: string): Promise<string> {
    return this.until(() => this.text.includes(what));
  }

  async ended(): Promise<string> {
    return this.until(() => this.closed);
  }
}

const hosts: Host[] = [];
const peers: Peer[] = [];
/** After each test. */
export function closeAll(): void {
  for (const { socket } of peers.splice(0)) socket.destroy();
  for (const { listener } of hosts.splice(0)) listener.stop(true);
}

export const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
export const post = (path: string, body: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
export const echo: Answer = async (request) =>
  new Reply(200, { 'x-path': request.url }, Buffer.from(await request.readBody(1 << 20)).toString());
export const parts = (text: string): string[] =>
  text
    .split(/(?=HTTP\/1\.1 )/)
    .map((answer) => answer.split('\r\n\r\n')[1]!)
    .filter((body) => body !== '');

/** One HTTP request as it came over the wire. */
export interface ParsedRequest {
  method: string;
  /** With the query. */
  path: string;
  /** Names in lower case; repeated ones joined by `, `. */
  headers: Record<string, string>;
  /** As sent, in order. */
  rawHeaders: [name: string, value: string][];
  /** Without transfer coding; content coding is left as it is. */
  body: Uint8Array;
}

interface Hooks {
  onExpectContinue(): void;
  onNonsense(): void;
}

const HEADER_END = Buffer.from('\r\n\r\n');
const CRLF = Buffer.from('\r\n');

/** Reads requests off one keep-alive connection, bodies by length or chunked. */
export class RequestReader {
  #buffer = Buffer.alloc(0);
  #head: Omit<ParsedRequest, 'body'> | undefined;
  readonly #onRequest: (request: ParsedRequest) => void;
  readonly #hooks: Hooks;

  constructor(onRequest: (request: ParsedRequest) => void, hooks: Hooks) {
    this.#onRequest = onRequest;
    this.#hooks = hooks;
  }

  push(bytes: Uint8Array): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    while (this.#readOne());
  }

  /** True when a whole request was read. */
  #readOne(): boolean {
    if (this.#head === undefined) {
      const end = this.#buffer.indexOf(HEADER_END);
      if (end < 0) return false;
      this.#head = parseHead(this.#buffer.toString('latin1', 0, end));
      if (this.#head === undefined) {
        this.#hooks.onNonsense();
        return false;
      }
      this.#buffer = this.#buffer.subarray(end + HEADER_END.length);
      if (this.#head.headers.expect?.toLowerCase() === '100-continue') this.#hooks.onExpectContinue();
    }
    const chunked = this.#head.headers['transfer-encoding']?.toLowerCase() === 'chunked';
    const length = Number(this.#head.headers['content-length'] ?? 0);
    const read = chunked ? readChunked(this.#buffer) : readLength(this.#buffer, length);
    if (read === undefined) return false;
    const request = { ...this.#head, body: Uint8Array.from(read.body) };
    this.#head = undefined;
    this.#buffer = this.#buffer.subarray(read.end);
    this.#onRequest(request);
    return true;
  }
}

function parseHead(text: string): Omit<ParsedRequest, 'body'> | undefined {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const [method, path, version] = requestLine.split(' ');
  if (method === undefined || path === undefined || !version?.startsWith('HTTP/1.')) return undefined;
  const headers: Record<string, string> = {};
  const rawHeaders: [string, string][] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    rawHeaders.push([name, value]);
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return { method, path, headers, rawHeaders };
}

function readLength(buffer: Buffer, length: number): { body: Buffer; end: number } | undefined {
  return buffer.length < length ? undefined : { body: buffer.subarray(0, length), end: length };
}

function readChunked(buffer: Buffer): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = buffer.indexOf(CRLF, position);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(buffer.toString('latin1', position, lineEnd), 16);
    const start = lineEnd + CRLF.length;
    const end = start + size + CRLF.length;
    if (buffer.length < end) return undefined;
    if (size === 0) return { body: Buffer.concat(parts), end };
    parts.push(buffer.subarray(start, start + size));
    position = end;
  }
}

import { describe, expect, test } from 'bun:test';
import { MalformedResponse, ResponseParser } from './response-parser.ts';

interface Seen {
  status?: number;
  headers?: Record<string, string>;
  body: string;
  end?: boolean;
}

/** What is read of an answer that comes in these pieces and, at the end, a close. */
function read(pieces: readonly Uint8Array[], closes = false): Seen {
  const seen: Seen = { body: '' };
  const bodies: Uint8Array[] = [];
  const parser = new ResponseParser({
    onHead: ({ status, fields }) => {
      seen.status = status;
      seen.headers = Object.fromEntries(fields.entries());
    },
    onBody: (bytes, start, end) => bodies.push(bytes.slice(start, end)),
    onEnd: (reusable) => {
      seen.end = reusable;
    },
  });
  for (const piece of pieces) parser.push(piece);
  if (closes) parser.close();
  seen.body = Buffer.concat(bodies).toString();
  return seen;
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

const cases: [name: string, text: string, seen: Seen, closes?: boolean][] = [
  [
    'a length',
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"中":1}',
    {
      status: 200,
      headers: { 'content-type': 'application/json', 'content-length': '9' },
      body: '{"中":1}',
      end: true,
    },
  ],
  [
    'chunks, with an extension, capitals and a trailer',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;x=y\r\ndata\r\n1C\r\n: a\n\n🙂 中文 and some\r\nm\r\n0\r\nx-late: 1\r\n\r\n',
    {
      status: 200,
      headers: { 'transfer-encoding': 'chunked' },
      body: 'data: a\n\n🙂 中文 and some\r\nm',
      end: true,
    },
  ],
  [
    'no length: until the close',
    'HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\n\r\n<html>',
    { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>', end: false },
    true,
  ],
  [
    'a close that was told, and a header that comes twice',
    'HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\nx: a\r\nX: b\r\ncontent-length: 0\r\n\r\n',
    { status: 429, headers: { connection: 'close', x: 'a, b', 'content-length': '0' }, body: '', end: false },
  ],
  [
    'interim answers',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    { status: 204, headers: {}, body: '', end: true },
  ],
  [
    'bare line feeds',
    'HTTP/1.1 200\ncontent-length: 2\n\nok',
    { status: 200, headers: { 'content-length': '2' }, body: 'ok', end: true },
  ],
  [
    'the same length twice',
    'HTTP/1.0 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok',
    { status: 200, headers: { 'content-length': '2, 2' }, body: 'ok', end: false },
  ],
  [
    'spaces before colons, and folded lines',
    'HTTP/1.1 200 OK\r\nx: a\r\n  b\r\n\tc:d\r\nY \t: z\r\nContent-Length :\r\n 2\r\n\r\nok',
    { status: 200, headers: { x: 'a b c:d', y: 'z', 'content-length': '2' }, body: 'ok', end: true },
  ],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    { status: 200, headers: { 'content-length': '3', 'transfer-encoding': 'chunked' }, body: 'ok', end: false },
  ],
  [
    'chunks in HTTP/1.0',
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    { status: 200, headers: { connection: 'keep-alive', 'transfer-encoding': 'chunked' }, body: 'ok', end: false },
  ],
];

describe('an answer', () => {
  test.each(cases)('with %s, whole, byte by byte and cut at every place', (...[, text, seen, closes]) => {
    const whole = bytes(text);
    expect(read([whole], closes)).toEqual(seen);
    expect(
      read(
        Array.from(whole, (byte) => Uint8Array.of(byte)),
        closes,
      ),
    ).toEqual(seen);
    for (let at = 1; at < whole.length; at++) {
      expect(read([whole.subarray(0, at), whole.subarray(at)], closes)).toEqual(seen);
    }
  });

  test.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', 'HTTP/2 200\r\n\r\n'],
    ['a field without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a name of two words', 'HTTP/1.1 200 OK\r\ncontent length: 5\r\n\r\nhello'],
    ['a folded line before any other', 'HTTP/1.1 200 OK\r\n x: y\r\ncontent-length: 5\r\n\r\nhello'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello'],
    ['a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello'],
    ['an unknown transfer encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nx'],
    ['a chunk size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['a chunk size too large', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffff\r\n'],
    ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n'],
    ['bytes after its end', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n'],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`],
    ['a chunk line without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'y'.repeat(70_000)}`],
  ])('with %s is refused', (_name, text) => {
    expect(() => read([bytes(text)])).toThrow(MalformedResponse);
    expect(() => read(Array.from(bytes(text), (byte) => Uint8Array.of(byte)))).toThrow(MalformedResponse);
  });

  test.each([
    'HTTP/1.1 200 OK\r\ncontent-le',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n',
  ])('that ends too early is no whole one: %j', (text) => {
    expect(() => read([bytes(text)], true)).toThrow(MalformedResponse);
  });

  test('has begun with its first byte', () => {
    const parser = new ResponseParser({ onHead() {}, onBody() {}, onEnd() {} });
    expect(parser.begun).toBe(false);
    parser.push(bytes('H'));
    expect(parser.begun).toBe(true);
  });

  test('has begun with an interim one', () => {
    const parser = new ResponseParser({ onHead() {}, onBody() {}, onEnd() {} });
    parser.push(bytes('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'));
    expect(parser.begun).toBe(true);
  });
});

import { describe, expect, test } from 'bun:test';
import { headEnd, MalformedRequest, readHead } from './request-head.ts';

function read(...lines: string[]) {
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  const end = headEnd(bytes, 0, 0);
  if (end < 0) throw new Error('the head is not whole');
  return readHead(bytes, 0, end);
}

function refusal(...lines: string[]): string {
  try {
    read(...lines);
  } catch (error) {
    if (error instanceof MalformedRequest) return `${error.status} ${error.message}`;
    throw error;
  }
  return 'taken';
}

const POST = 'POST /v1/messages?beta=true HTTP/1.1';

describe('a head', () => {
  test('is read as it is', () => {
    const head = read(POST, 'Host: x', 'X-Api-Key:  a b\t', 'Accept: a', 'accept: b', 'X-Empty:', 'X-Bytes: \u00e9');
    expect([head.method, head.target]).toEqual(['POST', '/v1/messages?beta=true']);
    expect(head.fields.entries()).toEqual([
      ['host', 'x'],
      ['x-api-key', 'a b'],
      ['accept', 'a, b'],
      ['x-empty', ''],
      ['x-bytes', '\u00e9'],
    ]);
    expect([head.old, head.keepAlive, head.length, head.expectsContinue]).toEqual([false, true, 0, false]);
  });

  test('says how long its body is', () => {
    expect(read(POST, 'host: x', 'content-length: 12').length).toBe(12);
    expect(read(POST, 'host: x', 'Transfer-Encoding: Chunked').length).toBe('chunked');
  });

  test('says whether the connection is kept', () => {
    const keeps = (version: string, connection?: string): boolean =>
      read(`GET / ${version}`, 'host: x', ...(connection === undefined ? [] : [`connection: ${connection}`])).keepAlive;
    expect([keeps('HTTP/1.1'), keeps('HTTP/1.1', 'Keep-Alive, x-custom'), keeps('HTTP/1.1', 'x, Close')]).toEqual([
      true,
      true,
      false,
    ]);
    expect([keeps('HTTP/1.0'), keeps('HTTP/1.0', 'keep-alive'), keeps('HTTP/1.1', 'x-close')]).toEqual([
      false,
      true,
      true,
    ]);
    expect(keeps('HTTP/1.0', 'keep-alive, close')).toBe(false);
  });

  test('may ask to be told to go on, in HTTP/1.1', () => {
    expect(read(POST, 'host: x', 'Expect: 100-Continue').expectsContinue).toBe(true);
    expect(read('POST / HTTP/1.0', 'expect: 100-continue').expectsContinue).toBe(false);
  });

  test('may name a whole URL', () => {
    expect(read('GET http://x.test/v1/models HTTP/1.1', 'host: y').target).toBe('http://x.test/v1/models');
  });
});

describe('a head is refused', () => {
  const cases: [name: string, lines: string[], refusal: RegExp][] = [
    ['without a host where one is due', [POST], /^400 .*Host/],
    ['with two hosts', [POST, 'host: a', 'host: b'], /^400 .*Host/],
    ['with a length and chunks', [POST, 'host: x', 'content-length: 1', 'transfer-encoding: chunked'], /^400 .*both/],
    ['with two lengths', [POST, 'host: x', 'content-length: 1', 'content-length: 1'], /^400 .*length/],
    ['with a length that is none', [POST, 'host: x', 'content-length: 1e3'], /^400 .*length/],
    ['with an empty length', [POST, 'host: x', 'content-length:'], /^400 .*length/],
    ['with a coding below the chunks', [POST, 'host: x', 'transfer-encoding: gzip, chunked'], /^400 .*encoding/],
    ['with chunks twice', [POST, 'host: x', 'transfer-encoding: chunked, chunked'], /^400 .*encoding/],
    ['with chunks in HTTP/1.0', ['POST / HTTP/1.0', 'transfer-encoding: chunked'], /^400 .*encoding/],
    ['with a space before a colon', [POST, 'host: x', 'a : b'], /^400 .*space/],
    [
      'with a name that other readers could take for another',
      [POST, 'host: x', 'content-length\xa0: 5'],
      /^400 .*name/,
    ],
    ['with a name in brackets', [POST, 'host: x', '(a): b'], /^400 .*name/],
    ['with a folded line', [POST, 'host: x', 'a: b', ' c'], /^400 .*name/],
    ['with a field without a name', [POST, 'host: x', ': b'], /^400 .*name/],
    ['with a line without a colon', [POST, 'host: x', 'abc'], /^400 .*name/],
    ['with a NUL', [POST, 'host: x', 'a: b\0c'], /^400 .*control/],
    ['with a DEL', [POST, 'host: x', 'a: b\x7fc'], /^400 .*control/],
    ['with a CR within a line', [POST, 'host: x', 'a: b\rc'], /^400 .*CR/],
    ['with an LF alone', [POST, 'host: x', 'a: b\nc: d'], /^400 .*CR/],
    ['in HTTP/2', ['PRI * HTTP/2.0'], /^505/],
    ['in no HTTP at all', ['GET /'], /^400 .*HTTP/],
    ['with an unknown version', ['GET / HTTP/1.2', 'host: x'], /^505/],
    ['with a word too many', ['GET / x HTTP/1.1', 'host: x'], /^400 .*HTTP/],
    ['without a method', [' / HTTP/1.1', 'host: x'], /^400 .*HTTP/],
    ['to no path', ['OPTIONS * HTTP/1.1', 'host: x'], /^400 .*path/],
    ['to a host and a port', ['CONNECT a:443 HTTP/1.1', 'host: x'], /^400 .*path/],
    ['to another scheme', ['GET ftp://x/ HTTP/1.1', 'host: x'], /^400 .*path/],
  ];
  for (const [name, lines, answer] of cases) test(name, () => expect(refusal(...lines)).toMatch(answer));
});

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { RequestBody } from './request-body.ts';
import type { RequestHead } from './request-head.ts';
import { RequestReader } from './request-reader.ts';

const SOURCE = { onWanted() {}, onUnwanted() {} };
const MOST = 1 << 30;

interface Found {
  /** Method, target and body of each request, or the error that ended the reading. */
  requests: string[];
  crowded: boolean;
}

/** Reads pieces as a connection does that answers each request once its body is whole. */
function readAll(pieces: Uint8Array[]): Found {
  const found: Found = { requests: [], crowded: false };
  let head: RequestHead;
  let body: RequestBody;
  const finish = (): void => {
    const text = Buffer.from(body.read(MOST) as Uint8Array).toString('latin1');
    found.requests.push(`${head.method} ${head.target} ${text}`);
    reader.next();
  };
  const reader = new RequestReader({
    onHead: (next) => {
      head = next;
      body = new RequestBody(SOURCE);
      return body;
    },
    onRequest: () => {
      if (!reader.bodyComing) finish();
    },
    onBodyEnd: finish,
    onMalformed: (error) => void found.requests.push(String(error)),
    onCrowded: () => {
      found.crowded = true;
    },
  });
  for (const piece of pieces) reader.push(piece);
  return found;
}

const WIRE = Buffer.from(
  [
    'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello',
    'GET /b HTTP/1.1\r\nhost: x\r\n\r\n',
    // What some clients send after a body.
    '\r\n\r\nPOST /c HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\nt: u\r\n\r\n',
    'POST /d HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n',
    'POST /e HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n\r\n\r\n',
    'GET /f HTTP/1.1\r\nhost: x\r\n\r\n',
  ].join(''),
  'latin1',
);
const REQUESTS = ['POST /a hello', 'GET /b ', 'POST /c abc0123456789', 'POST /d ', 'POST /e \r\n\r\n', 'GET /f '];

describe('requests one after the other', () => {
  test('are read from one piece', () => {
    expect(readAll([WIRE]).requests).toEqual(REQUESTS);
  });

  test('are read the same with a cut at every place', () => {
    for (let at = 1; at < WIRE.length; at++) {
      expect(readAll([WIRE.subarray(0, at), WIRE.subarray(at)]).requests).toEqual(REQUESTS);
    }
  });

  test('are read the same from single bytes, and from any pieces', () => {
    expect(readAll(Array.from(WIRE, (byte) => Uint8Array.of(byte))).requests).toEqual(REQUESTS);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: WIRE.length - 1 }), { maxLength: 40 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), WIRE.length];
        const pieces = places.slice(1).map((to, i) => WIRE.subarray(places[i], to));
        expect(readAll(pieces.filter(({ length }) => length > 0)).requests).toEqual(REQUESTS);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is malformed', () => {
  const head = (framing: string): string => `POST / HTTP/1.1\r\nhost: x\r\n${framing}\r\n\r\n`;
  const cases: [name: string, wire: string, error: RegExp][] = [
    ['a head of LFs', 'GET / HTTP/1.1\nhost: x\n\n', /CR/],
    ['a CR in a line', 'GET / HTTP/1.1\r\nhost: x\rabc\r\n\r\n', /CR/],
    ['bytes of another protocol', '\x16\x03\x01\x02\x00\x01', /control/],
    ['a chunk without a size', `${head('transfer-encoding: chunked')}x\r\n`, /size/],
    ['a chunk with a size below zero', `${head('transfer-encoding: chunked')}-1\r\n`, /size/],
    ['a chunk longer than it says', `${head('transfer-encoding: chunked')}1\r\nabc\r\n0\r\n\r\n`, /longer/],
    ['a chunk line of an LF', `${head('transfer-encoding: chunked')}1\na\r\n0\r\n\r\n`, /CR/],
    ['a long chunk line', `${head('transfer-encoding: chunked')}1;${'x'.repeat(4096)}\r\na\r\n0\r\n\r\n`, /long/],
    ['a NUL in a chunk line', `${head('transfer-encoding: chunked')}1;\0\r\na\r\n0\r\n\r\n`, /size/],
    ['a CR for a trailer', `${head('transfer-encoding: chunked')}0\r\n\r\r\n\r\n`, /trailer/],
    ['a trailer without a colon', `${head('transfer-encoding: chunked')}0\r\nGET / HTTP/1.1\r\n\r\n`, /trailer/],
    ['a chunk that ends in an LF', `${head('transfer-encoding: chunked')}1\r\na\n0\r\n\r\n`, /CR/],
  ];
  for (const [name, wire, error] of cases) {
    const bytes = Buffer.from(wire, 'latin1');
    test(`${name} ends the reading, wherever it is cut`, () => {
      for (let at = 1; at < bytes.length; at++) {
        const { requests } = readAll([bytes.subarray(0, at), bytes.subarray(at), Buffer.from('GET /x HTTP/1.1\r\n')]);
        expect(requests).toHaveLength(1);
        expect(requests[0]).toMatch(error);
      }
    });
  }

  test('a head without end is refused when it is too long, not later', () => {
    const long = Buffer.from(`GET / HTTP/1.1\r\nx: ${'a'.repeat(16_100)}`);
    expect(readAll([long]).requests).toEqual([]);
    const { requests } = readAll([long, Buffer.from('a'.repeat(300))]);
    expect(requests).toEqual([expect.stringContaining('16384 bytes')]);
  });
});

test('much that waits behind a request is told', () => {
  const reader = (bytes: number): boolean => {
    let crowded = false;
    const one = new RequestReader({
      onHead: () => new RequestBody(SOURCE),
      onRequest() {},
      onBodyEnd() {},
      onMalformed() {},
      onCrowded: () => {
        crowded = true;
      },
    });
    one.push(Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'));
    one.push(new Uint8Array(bytes));
    return crowded;
  };
  expect([reader(64 * 1024), reader(64 * 1024 + 1)]).toEqual([false, true]);
});

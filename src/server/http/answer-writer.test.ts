import { describe, expect, test } from 'bun:test';
import type { Socket } from 'bun';
import { AnswerWriter } from './answer-writer.ts';
import { readHead } from './request-head.ts';
import { SocketWriter } from './socket-writer.ts';

/** Answers the request with this head; what has left is in `writes`, a piece for each system call. */
function answering(line: string, ...fields: string[]) {
  const writes: string[] = [];
  const socket = {
    write: (bytes: Uint8Array, from = 0, length = bytes.length - from) => {
      writes.push(Buffer.from(bytes.subarray(from, from + length)).toString('latin1'));
      return length;
    },
  } as unknown as Socket<unknown>;
  const head = Buffer.from(`${[line, 'host: x', ...fields].join('\r\n')}\r\n\r\n`);
  const answers = new AnswerWriter(new SocketWriter(socket));
  answers.onHead(readHead(head, 0, head.length));
  return { answers, writes };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const withoutDate = (text: string): string => text.replace(/date: [^\r]*\r\n/, '');

describe('a whole answer', () => {
  test('has its length in bytes, and leaves in one write', () => {
    const { answers, writes } = answering('GET / HTTP/1.1');
    answers.writeWhole(200, { a: 'b' }, '名');
    expect(writes.map(withoutDate)).toEqual(['HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 3\r\n\r\nå\u0090\u008d']);
    expect(answers.keepAlive).toBe(true);
  });

  test('to HEAD is its head, with the length that the body has or would have', () => {
    for (const [told, length] of [
      [null, 3],
      ['9', 9],
    ] as const) {
      const { answers, writes } = answering('HEAD / HTTP/1.1');
      answers.writeWhole(200, {}, '名', told);
      expect(writes.map(withoutDate)).toEqual([`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n`]);
    }
  });

  test('of a status that has no body says no length', () => {
    const { answers, writes } = answering('GET / HTTP/1.1');
    answers.writeWhole(204, {}, 'x');
    expect(writes.map(withoutDate)).toEqual(['HTTP/1.1 204 No Content\r\n\r\n']);
  });
});

describe('a streamed answer', () => {
  test('leaves with its head in the first write', () => {
    const { answers, writes } = answering('GET / HTTP/1.1');
    answers.beginStream(200, {});
    answers.writeFrame(bytes('first'), false);
    answers.writeHead();
    answers.writeFrame(bytes('last'), true);
    expect(writes.map(withoutDate)).toEqual([
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n',
      '4\r\nlast\r\n0\r\n\r\n',
    ]);
  });

  test('that has nothing to say yet sends its head, once', () => {
    const { answers, writes } = answering('GET / HTTP/1.1');
    answers.beginStream(200, {});
    answers.writeHead();
    answers.writeFrame(bytes('x'), false);
    expect(writes[1]).toBe('1\r\nx\r\n');
  });

  test('of HTTP/1.0 has no chunks, and ends with its connection', () => {
    const { answers, writes } = answering('GET / HTTP/1.0', 'connection: keep-alive');
    expect(answers.keepAlive).toBe(true);
    answers.beginStream(200, {});
    answers.writeFrame(bytes('x'), true);
    expect(writes.map(withoutDate)).toEqual(['HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nx']);
    expect(answers.keepAlive).toBe(false);
  });
});

describe('a client that waits to be told to send its body', () => {
  const waiting = () => answering('POST / HTTP/1.1', 'content-length: 1', 'expect: 100-continue');

  test('is told once', () => {
    const { answers, writes } = waiting();
    answers.writeContinue();
    answers.writeContinue();
    answers.writeWhole(200, {}, '');
    expect(writes[0]).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect([writes.length, answers.keepAlive]).toEqual([2, true]);
  });

  test('and is not told has the connection’s last answer, unless the body came all the same', () => {
    for (const came of [false, true]) {
      const { answers, writes } = waiting();
      if (came) answers.bodyIsHere();
      answers.writeWhole(401, {}, '');
      expect(writes[0]!.includes('connection: close')).toBe(!came);
      expect(answers.keepAlive).toBe(came);
    }
  });
});

test('a refusal has a body whatever was asked before it, and is the last', () => {
  const { answers, writes } = answering('HEAD / HTTP/1.1');
  answers.writeRefusal(400, {}, 'no');
  expect(writes.map(withoutDate)).toEqual([
    'HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno',
  ]);
});

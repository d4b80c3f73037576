import { CR, Fields, LF, latin1, TOKEN } from '../../upstreams/http/fields.ts';

/** Longest head that is read. Bytes. */
export const MAX_HEAD_BYTES = 16 * 1024;

/** A request that is not HTTP, or that two readers could read in two ways. `status`: what it is answered with. */
export class MalformedRequest extends Error {
  override readonly name = 'MalformedRequest';
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** A request's head, read: what of it the connection needs, and its fields. */
export interface RequestHead {
  method: string;
  /** As it was sent: a path with its query, or a whole URL. */
  target: string;
  fields: Fields;
  /** Of HTTP/1.0, in which there are no chunks. */
  old: boolean;
  /** The client keeps the connection for more. */
  keepAlive: boolean;
  /** Bytes of the body; `chunked`: it says itself where it ends. */
  length: number | 'chunked';
  /** The client waits for a word before it sends the body. */
  expectsContinue: boolean;
}

/**
 * Where the head that begins at `from` ends, -1 when it is not whole. `seen`: up to here it was looked through before.
 * Throws MalformedRequest for what no head may have in it: control characters, and lines that do not end in CR LF.
 */
export function headEnd(bytes: Uint8Array, from: number, seen: number): number {
  for (let at = Math.max(from, seen); at < bytes.length; at++) {
    const c = bytes[at]!;
    if (c >= 0x20 && c !== 0x7f) continue;
    if (c === LF) {
      if (at === from || bytes[at - 1] !== CR) throw new MalformedRequest('a line of the head has no CR at its end');
      if (at >= from + 3 && bytes[at - 2] === LF) return at + 1;
    } else if (c === CR) {
      if (at + 1 < bytes.length && bytes[at + 1] !== LF) throw new MalformedRequest('there is a CR within a line');
    } else if (c !== 0x09) {
      throw new MalformedRequest('there is a control character in the head');
    }
  }
  return -1;
}

/** Reads the head between `from` and `end`, which `headEnd` has looked through. Throws MalformedRequest (RFC 9112). */
export function readHead(bytes: Uint8Array, from: number, end: number): RequestHead {
  const text = latin1(bytes, from, end);
  const lineEnd = text.indexOf('\r');
  const afterMethod = text.indexOf(' ');
  const afterTarget = text.indexOf(' ', afterMethod + 1);
  if (afterMethod <= 0 || afterTarget < 0 || afterTarget > lineEnd) throw new MalformedRequest('this is not HTTP/1.1');
  const method = text.slice(0, afterMethod);
  const target = text.slice(afterMethod + 1, afterTarget);
  const version = text.slice(afterTarget + 1, lineEnd);
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
    throw /^HTTP\/\d\.\d$/.test(version)
      ? new MalformedRequest('only HTTP/1.1 is spoken here', 505)
      : new MalformedRequest('this is not HTTP/1.1');
  }
  if (target.charCodeAt(0) !== 0x2f && !/^https?:\/\/[^/?#]+/i.test(target)) {
    throw new MalformedRequest('the target of the request must be a path');
  }
  const fields = Fields.read(text, lineEnd + 2, TOKEN);
  if (fields === undefined)
    throw new MalformedRequest('a header field has no name, or one with a space or a character that no name may have');
  const old = version === 'HTTP/1.0';
  const host = fields.get('host');
  if (host === null ? !old : host.includes(',')) throw new MalformedRequest('there must be one Host header field');
  return {
    method,
    target,
    fields,
    old,
    keepAlive: keepsAlive(fields.get('connection'), old),
    length: lengthOf(fields, old),
    expectsContinue: !old && fields.get('expect')?.toLowerCase() === '100-continue',
  };
}

/** The target of a request that begins at `from` and may be no request; undefined where its first line is not whole. */
export function targetIn(bytes: Uint8Array, from: number): string | undefined {
  const text = latin1(bytes, from, Math.min(bytes.length, from + MAX_HEAD_BYTES));
  return /^[^ \r\n]+ ([^ \r\n]+) HTTP\/\d\.\d\r?\n/.exec(text)?.[1];
}

function keepsAlive(connection: string | null, old: boolean): boolean {
  if (connection === null) return !old;
  const options = connection.toLowerCase().split(',');
  const has = (name: string): boolean => options.some((option) => option.trim() === name);
  return !has('close') && (!old || has('keep-alive'));
}

/** What could be read in two ways is refused: the other reader may be a proxy that lets somebody else's bytes through. */
function lengthOf(fields: Fields, old: boolean): number | 'chunked' {
  const coding = fields.get('transfer-encoding');
  const length = fields.get('content-length');
  if (coding !== null) {
    if (length !== null) throw new MalformedRequest('the body has both a length and a transfer encoding');
    if (old || coding.toLowerCase() !== 'chunked') throw new MalformedRequest('the transfer encoding must be chunked');
    return 'chunked';
  }
  if (length === null) return 0;
  if (!/^\d{1,15}$/.test(length)) throw new MalformedRequest('the content length is no number');
  return Number(length);
}

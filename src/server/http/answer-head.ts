import { STATUS_CODES } from 'node:http';
import { breaksLine } from '../../upstreams/http/fields.ts';

/** How an answer says where its body ends: its length in bytes, in chunks, or not: then it has none, or the connection ends. */
export type Framing = number | 'chunked' | 'none';

/** The fields of an answer: the platform's `Headers`, or by name in lower case. */
export type AnswerFields = Iterable<readonly [string, string]> | Readonly<Record<string, string>>;

/**
 * The head of an answer up to its blank line. `connection`: what becomes of the connection, where the client has to be told.
 * Throws TypeError where a header would break out of its line.
 */
export function answerHead(
  status: number,
  headers: AnswerFields,
  framing: Framing,
  connection: 'close' | 'keep-alive' | undefined,
): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
  if (isIterable(headers)) {
    for (const [name, value] of headers) if (!OURS.has(name)) head += field(name, value);
  } else {
    for (const name in headers) head += field(name, headers[name]!);
  }
  head += `date: ${date()}\r\n`;
  if (typeof framing === 'number') head += `content-length: ${framing}\r\n`;
  else if (framing === 'chunked') head += 'transfer-encoding: chunked\r\n';
  if (connection !== undefined) head += `connection: ${connection}\r\n`;
  return `${head}\r\n`;
}

/** What says how the answer travels is for the connection to say. */
const OURS = new Set(['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']);

function field(name: string, value: string): string {
  if (breaksLine(value)) throw new TypeError(`the header ${name} has a line break in it`);
  return `${name}: ${value}\r\n`;
}

const isIterable = (headers: object): headers is Iterable<readonly [string, string]> => Symbol.iterator in headers;

let dateSecond = 0;
let dateText = '';

/** The time as heads tell it, made once a second. */
function date(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}

import type { Finish } from './generation.ts';
import { Refusal, texts } from './refusal.ts';

/** Request header with a comma-separated list of what shall go wrong, such as `slow=50ms,cut-after=5`. */
export const FAULT_HEADER = 'x-sim-fault';

/** What shall go wrong with one answer. Counts are of frames, as they leave. */
export interface Faults {
  /** Nothing more after so many frames; the connection stays open. Not streamed: headers, then nothing. */
  stallAfter?: number;
  /** The connection is reset after so many frames. Not streamed: in the middle of the body. */
  cutAfter?: number;
  /** An error frame after so many frames, and the end. */
  errorFrameAfter?: number;
  /** A frame that is no JSON after so many frames. Not streamed: a body that is none. */
  nonJsonAfter?: number;
  /** Comments before the first frame. Not streamed: blank lines before the body. */
  keepAlive?: number;
  /** Milliseconds before each frame. Not streamed: before the body. */
  slowMs?: number;
  /** Milliseconds before the status line. */
  waitMs?: number;
  /** Answered with this status and no answer. */
  status?: number;
  /** Seconds in `retry-after`. */
  retryAfter?: number;
  /** Ends the answer otherwise. */
  finish?: Finish;
  flags: ReadonlySet<Flag>;
}

type Flag = (typeof FLAGS)[number];
const FLAGS = [
  /** 200 and a body of no bytes. */
  'empty-200',
  /** A page of HTML, as proxies send; 502 unless `status` says otherwise. */
  'html',
  /** The body ends in the middle of its JSON, or of its last frame, as if all were well. */
  'truncated-json',
  /** No `finish_reason`, but a clean end. */
  'no-finish',
  'gzip',
  'crlf',
  'bom',
  /** The connection is reset before a byte of the answer. */
  'reset-before-headers',
  /** No answer at all; the connection stays open. */
  'silent',
  /** 400 `Content Exists Risk`. */
  'content-risk',
  // Forms in which the Messages surface has been reported.
  'no-block-stop',
  'no-signature',
  /** `end_turn` although a tool was called. */
  'end-turn',
] as const;

const NUMBERS = {
  'stall-after': 'stallAfter',
  'cut-after': 'cutAfter',
  'error-frame-after': 'errorFrameAfter',
  'non-json': 'nonJsonAfter',
  'keep-alive': 'keepAlive',
  slow: 'slowMs',
  wait: 'waitMs',
  status: 'status',
  'retry-after': 'retryAfter',
} as const;

const FINISHES: Record<string, Finish> = {
  insufficient: 'insufficient_system_resource',
  aborted: 'aborted',
  'content-filter': 'content_filter',
};

/** Reads the header. Throws Refusal that lists the names for one that it does not know, or a number out of range. */
export function readFaults(header: string | null): Faults | undefined {
  if (header === null || header.trim() === '') return undefined;
  const flags = new Set<Flag>();
  const faults: Faults = { flags };
  for (const item of header.split(',')) {
    const [name = '', value] = item.trim().split('=');
    if (Object.hasOwn(NUMBERS, name)) faults[NUMBERS[name as keyof typeof NUMBERS]] = readNumber(name, value);
    else if (Object.hasOwn(FINISHES, name)) faults.finish = FINISHES[name]!;
    else if (FLAGS.includes(name as Flag)) flags.add(name as Flag);
    else {
      const known = [...Object.keys(NUMBERS).map((known) => `${known}=N`), ...Object.keys(FINISHES), ...FLAGS];
      throw new Refusal(`${FAULT_HEADER}: unknown fault "${name.slice(0, 40)}". Known are: ${known.join(', ')}.`);
    }
  }
  return faults;
}

/** An answer that a fault gives in place of any other; undefined: the request is answered. */
export function faultResponse(faults: Faults): Response | undefined {
  const { flags } = faults;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (faults.retryAfter !== undefined) headers['retry-after'] = String(faults.retryAfter);
  if (flags.has('html')) {
    const page =
      '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n';
    return new Response(page, { status: faults.status ?? 502, headers: { ...headers, 'content-type': 'text/html' } });
  }
  if (flags.has('content-risk')) return new Refusal(texts.contentRisk).response();
  if (faults.status === undefined || faults.status === 200) return undefined;
  const [type, message] = STATUSES[faults.status] ?? ['unknown_error', `Simulated status ${faults.status}`];
  return new Response(new Refusal(message, faults.status, type).body(), { status: faults.status, headers });
}

function readNumber(name: string, value: string | undefined): number {
  if (value === undefined && name === 'non-json') return 1;
  const number = Number(value?.replace(/ms$/, '') || Number.NaN);
  const [low, high] = name === 'status' ? [200, 599] : [0, 1_000_000];
  if (Number.isInteger(number) && number >= low && number <= high) return number;
  throw new Refusal(`${FAULT_HEADER}: ${name} needs a whole number from ${low} to ${high}, as in ${name}=${low + 5}.`);
}

/** Type and text by status. Bodies of 429 and 5xx were never published; these are in the style of the others. */
const STATUSES: Record<number, [type: string, message: string]> = {
  400: ['invalid_request_error', 'Invalid request'],
  401: ['authentication_error', 'Authentication Fails, Your api key: ****0000 is invalid'],
  402: ['unknown_error', 'Insufficient Balance'],
  422: ['invalid_request_error', 'Invalid parameters'],
  429: ['rate_limit_error', 'Too many concurrent requests'],
  500: ['server_error', 'Internal server error'],
  503: ['server_error', 'The server is overloaded'],
  529: ['server_error', 'The server is overloaded'],
};

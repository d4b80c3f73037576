import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

/**
 * One thing that happens while an answer's body is sent: bytes, a pause, or an end that no server means.
 * `close`: FIN at this point; `reset`: RST at this point; `stall`: nothing more, the socket stays open.
 */
type BodyStep = string | Uint8Array | { waitMs: number } | { until: Promise<unknown> } | 'close' | 'reset' | 'stall';

/** The steps that are words: to send such a word itself, pass its bytes. */
const WORDS = new Set<unknown>(['close', 'reset', 'stall']);

export interface ScriptedAnswer {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  /** Each step leaves as one write. */
  body?: BodyStep[];
  /**
   * How the body's end is told: `chunked` (default), `length` (the whole length is promised, whatever is then sent),
   * `close` (neither; the connection closes).
   */
  framing?: 'chunked' | 'length' | 'close';
  /** Compresses the body, all of its bytes as one piece, and labels it. */
  encoding?: 'gzip' | 'br' | 'deflate' | 'zstd';
  /** Before the status line: wait, never answer, or end the connection. */
  before?: BodyStep[];
}

/** A whole JSON answer with its length. */
export function jsonAnswer(value: unknown, status = 200, headers: Record<string, string> = {}): ScriptedAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: [Buffer.from(JSON.stringify(value))],
    framing: 'length',
  };
}

/** Text as it is, `text/html` and the like. */
export function rawAnswer(body: BodyStep[], contentType: string, status = 200): ScriptedAnswer {
  return { status, headers: { 'content-type': contentType }, body };
}

/** An event stream; steps go out as they are. */
export function sseAnswer(body: BodyStep[], headers: Record<string, string> = {}): ScriptedAnswer {
  return { headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers }, body };
}

/**
 * A Chat Completions stream: objects become `data:` frames, steps are taken as they are, `[DONE]` is added unless the
 * last step ends the connection or `done` is false.
 */
export function chatAnswer(frames: (object | BodyStep)[], done = true): ScriptedAnswer {
  const body = frames.map((frame) => (isStep(frame) ? frame : `data: ${JSON.stringify(frame)}\n\n`));
  if (done && !WORDS.has(frames.at(-1))) body.push('data: [DONE]\n\n');
  return sseAnswer(body);
}

/** A Messages stream: objects become frames named by their `type`, steps are taken as they are. */
export function messagesAnswer(frames: ({ type: string } | BodyStep)[]): ScriptedAnswer {
  return sseAnswer(
    frames.map((frame) => (isStep(frame) ? frame : `event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`)),
  );
}

/** Sends the answer. Resolves true when all of it was sent as scripted, false when the client went first. */
export async function sendAnswer(socket: Socket, answer: ScriptedAnswer, gone: AbortSignal): Promise<boolean> {
  for (const step of answer.before ?? []) if (!(await take(socket, step, gone, writeRaw))) return ended(step, gone);
  const steps = compressed(answer);
  const framing = answer.framing ?? 'chunked';
  await writeRaw(socket, head(answer, framing, steps), gone);
  const write = framing === 'chunked' ? writeChunk : writeRaw;
  for (const step of steps) if (!(await take(socket, step, gone, write))) return ended(step, gone);
  if (gone.aborted) return false;
  if (framing === 'chunked') await writeRaw(socket, '0\r\n\r\n', gone);
  if (framing === 'close') socket.end();
  return !gone.aborted;
}

export function sendContinue(socket: Socket): void {
  socket.write('HTTP/1.1 100 Continue\r\n\r\n');
}

type Write = (socket: Socket, bytes: string | Uint8Array, gone: AbortSignal) => Promise<void>;

/** Takes one step; false when nothing may follow it. */
async function take(socket: Socket, step: BodyStep, gone: AbortSignal, write: Write): Promise<boolean> {
  if (gone.aborted) return false;
  if (step === 'stall') {
    await aborted(gone);
    return false;
  }
  if (step === 'close') {
    socket.end();
    return false;
  }
  if (step === 'reset') {
    socket.resetAndDestroy();
    return false;
  }
  if (typeof step === 'string' || step instanceof Uint8Array) await write(socket, step, gone);
  else if ('until' in step) await Promise.race([step.until, aborted(gone)]);
  else await wait(step.waitMs, gone);
  return !gone.aborted;
}

const ended = (step: BodyStep, gone: AbortSignal): boolean => step === 'close' || step === 'reset' || !gone.aborted;

const writeRaw: Write = async (socket, bytes, gone) => {
  if (gone.aborted || socket.write(bytes)) return;
  await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), aborted(gone)]);
};

const writeChunk: Write = (socket, bytes, gone) => {
  const data = Buffer.from(bytes as string);
  if (data.length === 0) return Promise.resolve();
  return writeRaw(socket, Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, CRLF]), gone);
};
const CRLF = Buffer.from('\r\n');

function head(answer: ScriptedAnswer, framing: string, steps: BodyStep[]): string {
  const headers: Record<string, string> = { ...answer.headers };
  if (answer.encoding !== undefined) headers['content-encoding'] = answer.encoding;
  if (framing === 'chunked') headers['transfer-encoding'] = 'chunked';
  if (framing === 'close') headers.connection = 'close';
  if (framing === 'length') headers['content-length'] ??= String(bytesIn(steps).length);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${answer.status ?? 200} Scripted\r\n${lines.join('')}\r\n`;
}

const compressors = { gzip: gzipSync, br: brotliCompressSync, deflate: deflateSync, zstd: zstdCompressSync };

function compressed(answer: ScriptedAnswer): BodyStep[] {
  const steps = answer.body ?? [];
  if (answer.encoding === undefined) return steps;
  const others = steps.filter((step) => !isBytes(step));
  return [compressors[answer.encoding](bytesIn(steps)), ...others];
}

function bytesIn(steps: BodyStep[]): Uint8Array {
  return Buffer.concat(steps.filter(isBytes).map((step) => Buffer.from(step as string)));
}

const isBytes = (step: BodyStep): step is string | Uint8Array =>
  (typeof step === 'string' && !WORDS.has(step)) || step instanceof Uint8Array;

const isStep = (value: object | BodyStep): value is BodyStep =>
  typeof value === 'string' || value instanceof Uint8Array || 'waitMs' in value || 'until' in value;

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function wait(ms: number, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    gone.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

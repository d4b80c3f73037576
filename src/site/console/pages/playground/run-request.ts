import { createParser } from 'eventsource-parser';
import type { Protocol } from '../../../../protocols/protocol.ts';
import { ApiError, asError, send } from '../../api/http.ts';
import type { AnswerReader } from './answer-reader.ts';
import { chatReader } from './chat-reader.ts';
import { type Answer, startedAnswer } from './conversation.ts';
import { messagesReader } from './messages-reader.ts';

export interface RunInput {
  protocol: Protocol;
  /** `model` and `stream` are read from it. */
  body: Record<string, unknown>;
  signal: AbortSignal;
  /** Told of every step, the last one included. */
  onChange: (answer: Answer) => void;
}

const PATHS: Record<Protocol, string> = {
  'chat-completions': '/console/api/run/v1/chat/completions',
  messages: '/console/api/run/v1/messages',
};

/** Asks a model and reads its answer. Never rejects: what goes wrong is the answer's `failure`. */
export async function runRequest({ protocol, body, signal, onChange }: RunInput): Promise<Answer> {
  const startedAt = performance.now();
  const reader = protocol === 'messages' ? messagesReader() : chatReader();
  let answer = startedAnswer(protocol, String(body.model));
  let saidAt: number | undefined;
  const change = (changes: Partial<Answer>): void => {
    const { parts, stopReason, ended } = reader.reading;
    // What was counted before the end is not what was used; the bill tells it.
    const tokens = ended ? reader.reading.tokens : undefined;
    const firstTokenMs = saidAt === undefined ? undefined : saidAt - startedAt;
    // Copies, for the reader goes on writing into its own.
    answer = { ...answer, parts: parts.map((part) => ({ ...part })), stopReason, tokens, firstTokenMs, ...changes };
    onChange(answer);
  };
  const end = (changes: Partial<Answer>): Answer => {
    change({ durationMs: performance.now() - startedAt, ...changes });
    return answer;
  };
  onChange(answer);
  try {
    const response = await send(PATHS[protocol], { method: 'POST', body, signal, headers: HEADERS[protocol] });
    change(fromHeaders(response.headers));
    if (!response.ok) throw await asError(response);
    if (body.stream !== true) reader.whole(await response.json());
    else
      await readStream(response, reader, {
        onChunk: () => {
          if (reader.reading.parts.length > 0) saidAt ??= performance.now();
        },
        onShow: () => change({}),
      });
    const { failure, ended } = reader.reading;
    if (failure !== undefined) return end({ state: 'failed', failure });
    return ended ? end({ state: 'done' }) : end({ state: 'failed', failure: CUT_OFF });
  } catch (error) {
    if (signal.aborted) return end({ state: 'stopped' });
    const failure =
      error instanceof ApiError
        ? { message: error.message, status: error.status === 0 ? undefined : error.status, code: error.code }
        : CUT_OFF;
    return end({ state: 'failed', failure });
  }
}

const HEADERS: Record<Protocol, Record<string, string>> = {
  'chat-completions': {},
  messages: { 'anthropic-version': '2023-06-01' },
};

const CUT_OFF = { message: 'The answer was cut off before its end.', status: undefined, code: 'cut_off' };

/** How often words are shown while they come, in ms: each time the whole answer is laid out anew. */
const SHOW_EVERY_MS = 50;

async function readStream(
  response: Response,
  reader: AnswerReader,
  { onChunk, onShow }: { onChunk: () => void; onShow: () => void },
): Promise<void> {
  const parser = createParser({ onEvent: ({ data }) => reader.frame(data) });
  const chunks = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let showing: ReturnType<typeof setTimeout> | undefined;
  let shownAt = 0;
  const show = (): void => {
    showing = undefined;
    shownAt = performance.now();
    onShow();
  };
  try {
    for (;;) {
      const chunk = await chunks?.read();
      if (chunk === undefined || chunk.done) return;
      parser.feed(chunk.value);
      onChunk();
      showing ??= setTimeout(show, shownAt + SHOW_EVERY_MS - performance.now());
    }
  } finally {
    // The end shows all.
    clearTimeout(showing);
  }
}

function fromHeaders(headers: Headers): Partial<Answer> {
  const list = (name: string): string[] => (headers.get(name) ?? '').split(/[\s,]+/).filter((item) => item !== '');
  return {
    requestId: headers.get('x-request-id') ?? undefined,
    upstream: headers.get('x-bytespike-upstream') ?? undefined,
    changed: list('x-bytespike-changed'),
    emulated: list('x-bytespike-emulated'),
    costUsd: headers.get('x-bytespike-cost-usd') ?? undefined,
  };
}

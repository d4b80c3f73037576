import { type Answer, type Frame, usageOf } from './answer.ts';
import type { Piece } from './generation.ts';
import type { SimCall } from './sim-request.ts';
import { chatUsage } from './usage.ts';

/**
 * Frames of the Chat Completions stream. Key order, nulls and absences are those of recorded streams of 2025-12 and
 * 2026-09: the last chunk carries both `finish_reason` and `usage`, asked for or not; earlier ones have `usage: null`
 * only when it was asked for; `reasoning_content` appears only while thinking is on.
 */
export function* chatFrames(answer: Answer): Generator<Frame> {
  const { request, generation } = answer;
  const { thinking } = request;
  const head =
    `data: {"id":"${answer.id}","object":"chat.completion.chunk","created":${answer.createdSeconds},` +
    `"model":${JSON.stringify(request.model)},"system_fingerprint":"simulator","choices":[{"index":0,"delta":`;
  const tail = `,"logprobs":null,"finish_reason":null}]${request.includeUsage ? ',"usage":null' : ''}}\n\n`;

  const first = thinking
    ? '{"role":"assistant","content":null,"reasoning_content":""}'
    : '{"role":"assistant","content":""}';
  yield { kind: 'start', text: head + first + tail, tokens: 0 };
  for (const piece of generation) {
    const end = request.logprobs && 'text' in piece ? tail.replace('null', logprobs(piece)) : tail;
    yield { kind: 'delta', text: head + delta(piece, thinking) + end, tokens: piece.tokens };
  }
  const last = thinking ? '{"content":"","reasoning_content":null}' : '{"content":""}';
  const finish = JSON.stringify(answer.finishOverride ?? generation.finish);
  const usage = JSON.stringify(chatUsage(usageOf(answer)));
  yield {
    kind: 'finish',
    text: `${head}${last},"logprobs":null,"finish_reason":${finish}}],"usage":${usage}}\n\n`,
    tokens: 0,
  };
  yield { kind: 'done', text: 'data: [DONE]\n\n', tokens: 0 };
}

/** The same answer in one piece. Consumes the generation. */
export function chatBody(answer: Answer): string {
  const { request, generation } = answer;
  const pieces = [...generation];
  return JSON.stringify({
    id: answer.id,
    object: 'chat.completion',
    created: answer.createdSeconds,
    model: request.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: generation.text,
          ...(request.thinking ? { reasoning_content: generation.reasoning } : {}),
          ...(generation.calls.length > 0 ? { tool_calls: generation.calls.map(toolCall) } : {}),
        },
        logprobs: request.logprobs ? allLogprobs(pieces, request.thinking) : null,
        finish_reason: answer.finishOverride ?? generation.finish,
      },
    ],
    usage: chatUsage(usageOf(answer)),
    system_fingerprint: 'simulator',
  });
}

/** Not streamed, calls carry an `index` all the same. */
function toolCall({ id, name, arguments: args }: SimCall, index: number): object {
  return { index, id, type: 'function', function: { name, arguments: args } };
}

function delta(piece: Piece, thinking: boolean): string {
  switch (piece.kind) {
    case 'reasoning':
      return `{"content":null,"reasoning_content":${JSON.stringify(piece.text)}}`;
    case 'text':
      return thinking
        ? `{"content":${JSON.stringify(piece.text)},"reasoning_content":null}`
        : `{"content":${JSON.stringify(piece.text)}}`;
    case 'call':
      return `{"tool_calls":[${JSON.stringify(toolCall({ ...piece, arguments: '' }, piece.index))}]}`;
    case 'arguments':
      return `{"tool_calls":[{"index":${piece.index},"function":{"arguments":${JSON.stringify(piece.text)}}}]}`;
  }
}

/** Reasoning has a list of its own beside `content`. Every token is as good as certain. */
function logprobs(piece: Piece & { text: string }): string {
  return JSON.stringify(allLogprobs([piece], piece.kind === 'reasoning'));
}

function allLogprobs(pieces: Piece[], thinking: boolean): object {
  const listOf = (kind: Piece['kind']) =>
    pieces.flatMap((piece) =>
      piece.kind === kind && 'text' in piece
        ? [{ token: piece.text, logprob: -0.00002, bytes: [...new TextEncoder().encode(piece.text)], top_logprobs: [] }]
        : [],
    );
  return { content: listOf('text'), ...(thinking ? { reasoning_content: listOf('reasoning') } : {}) };
}

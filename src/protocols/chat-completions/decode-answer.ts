import { GatewayError } from '../../errors/catalogue.ts';
import { append } from '../append.ts';
import { settleFinish } from '../finish.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../json.ts';
import type { JsonText, NeutralAnswer, ToolCallPart } from '../neutral.ts';
import { RawJson } from '../raw-json.ts';
import type { Surface } from '../wire.ts';
import { textOf, thinkingOf } from './decode-content.ts';
import { readFinishReason } from './finish-reasons.ts';
import { readChatUsage } from './usage.ts';

/** A whole Chat Completions answer in neutral form: reasoning, text, refusal, calls. Throws GatewayError when it is none. */
export function decodeChatAnswer(text: JsonText, body: JsonObject, { readError }: Surface): NeutralAnswer {
  if (body.error) throw readError(body.error);
  const choices = asArray(body.choices);
  const at = Math.max(0, placeOfFirstChoice(choices));
  const choice = asObject(choices[at]);
  if (choice?.error) throw readError(choice.error);
  const reason = asString(choice?.finish_reason);
  const told = reason && readFinishReason(reason);
  if (told instanceof GatewayError) throw told;
  // Of an answer that was filtered Gemini's compatible surface leaves the message out.
  const message = asObject(choice?.message) ?? (told === 'content_filter' ? {} : undefined);
  if (choice === undefined || message === undefined) {
    throw new GatewayError('upstream_error', 'The upstream sent an answer without a message.');
  }
  if (!told) throw new GatewayError('upstream_error', 'The upstream sent an answer without a finish reason.');

  const id = asString(body.id) ?? '';
  const parts: NeutralAnswer['parts'] = [];
  const reasoning = asString(message.reasoning_content) || asString(message.reasoning) || thinkingOf(message.content);
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning, signature: undefined });
  const content = textOf(message.content);
  if (content !== '') parts.push({ type: 'text', text: content });
  const refusal = asString(message.refusal);
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  const raw = new RawJson(text).get('choices').at(at).get('message');
  const calls = decodeCalls(message, raw, id);
  append(parts, calls);

  const answer: NeutralAnswer = {
    id,
    model: asString(body.model) ?? '',
    createdSeconds: typeof body.created === 'number' ? body.created : undefined,
    parts,
    finish: settleFinish(told, { calls: calls.length > 0, refusal: Boolean(refusal) }),
    stopSequence: undefined,
    usage: readChatUsage(body.usage),
  };
  const fingerprint = asString(body.system_fingerprint);
  return fingerprint === undefined ? answer : { ...answer, systemFingerprint: fingerprint };
}

/** Where the choice with index 0 stands, or one without an index (or with null); -1: nowhere. */
export const placeOfFirstChoice = (choices: readonly unknown[]): number => choices.findIndex(isFirstChoice);

const isFirstChoice = (choice: unknown): boolean => isObject(choice) && (choice.index ?? 0) === 0;

function decodeCalls(message: JsonObject, raw: RawJson, answerId: string): ToolCallPart[] {
  const calls = asArray(message.tool_calls);
  const rawCalls = raw.get('tool_calls');
  if (calls.length > 0) return calls.map((call, i) => decodeCall(call, rawCalls.at(i), answerId, i));
  // The form before `tools`: one call, without an id. An empty shell is none.
  const fn = asObject(message.function_call);
  if (!fn?.name && !fn?.arguments) return [];
  const rawCall = new RawJson(`{"function":${raw.get('function_call').text}}`);
  return [decodeCall({ function: fn }, rawCall, answerId, 0)];
}

function decodeCall(value: unknown, raw: RawJson, answerId: string, index: number): ToolCallPart {
  const call = asObject(value) ?? {};
  const fn = asObject(call.function);
  const name = asString(fn?.name);
  if (name === undefined || name === '') {
    throw new GatewayError('upstream_error', 'The upstream sent a tool call without a name.');
  }
  // Some servers give the arguments as an object.
  const input = isObject(fn?.arguments) ? raw.get('function').get('arguments').text : (asString(fn?.arguments) ?? '');
  const id = asString(call.id) || generatedCallId(answerId, index);
  const part: ToolCallPart = { type: 'tool-call', id, name, input };
  return isObject(call.extra_content) ? { ...part, opaque: raw.get('extra_content').text } : part;
}

/** An id for a call of a server that gives none: the same in a stream and in a whole answer. */
export const generatedCallId = (answerId: string, index: number): string =>
  `call_${answerId.replace(/[^A-Za-z0-9_-]/g, '')}_${index}`;

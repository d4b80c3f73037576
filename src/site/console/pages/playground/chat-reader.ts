import { asArray, asObject, asString, type JsonObject, parseJson } from '../../../../protocols/json.ts';
import { type AnswerReader, appendText, countOf, emptyReading } from './answer-reader.ts';
import type { AnswerPart, TokenCounts } from './conversation.ts';

/** Reads answers of Chat Completions. */
export function chatReader(): AnswerReader {
  const reading = emptyReading();
  /** By the index that their deltas name. */
  const calls = new Map<number, AnswerPart & { kind: 'call' }>();

  const take = (message: JsonObject): void => {
    const reasoning = asString(message.reasoning_content);
    const text = asString(message.content);
    if (reasoning) appendText(reading.parts, 'reasoning', reasoning);
    if (text) appendText(reading.parts, 'text', text);
    for (const [at, value] of asArray(message.tool_calls).entries()) {
      const delta = asObject(value);
      const called = asObject(delta?.function);
      const index = typeof delta?.index === 'number' ? delta.index : at;
      let call = calls.get(index);
      if (call === undefined) {
        call = { kind: 'call', id: asString(delta?.id) ?? '', name: asString(called?.name) ?? '', input: '' };
        calls.set(index, call);
        reading.parts.push(call);
      }
      call.input += asString(called?.arguments) ?? '';
    }
  };

  const takeChoice = (body: JsonObject, name: 'delta' | 'message'): void => {
    const choice = asObject(asArray(body.choices)[0]);
    const message = asObject(choice?.[name]);
    if (message !== undefined) take(message);
    reading.stopReason = asString(choice?.finish_reason) ?? reading.stopReason;
    reading.tokens = tokensOf(body.usage) ?? reading.tokens;
  };

  return {
    reading,
    frame(data) {
      if (data.trim() === '[DONE]') {
        reading.ended = true;
        return;
      }
      const chunk = asObject(parseJson(data));
      if (chunk === undefined) return;
      const error = asObject(chunk.error);
      if (error !== undefined) {
        reading.failure = {
          message: asString(error.message) ?? 'The answer broke off.',
          status: undefined,
          code: asString(error.code) ?? 'error',
        };
        return;
      }
      takeChoice(chunk, 'delta');
    },
    whole(body) {
      const answer = asObject(body);
      if (answer !== undefined) takeChoice(answer, 'message');
      reading.ended = true;
    },
  };
}

function tokensOf(value: unknown): TokenCounts | undefined {
  const usage = asObject(value);
  if (usage === undefined) return undefined;
  return {
    input: countOf(usage.prompt_tokens),
    cached: countOf(asObject(usage.prompt_tokens_details)?.cached_tokens),
    output: countOf(usage.completion_tokens),
  };
}

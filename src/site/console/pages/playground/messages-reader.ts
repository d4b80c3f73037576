import { asArray, asObject, asString, type JsonObject, parseJson } from '../../../../protocols/json.ts';
import { type AnswerReader, countOf, emptyReading } from './answer-reader.ts';
import type { AnswerPart } from './conversation.ts';

/** Reads answers of Messages. */
export function messagesReader(): AnswerReader {
  const reading = emptyReading();
  /** By the index of their block. */
  const blocks = new Map<number, AnswerPart>();

  const begin = (index: number, block: JsonObject): void => {
    const part = partOf(block);
    if (part === undefined) return;
    blocks.set(index, part);
    reading.parts.push(part);
  };

  const lengthen = (part: AnswerPart, delta: JsonObject): void => {
    if (part.kind === 'text') part.text += asString(delta.text) ?? '';
    if (part.kind === 'call') part.input += asString(delta.partial_json) ?? '';
    if (part.kind !== 'reasoning') return;
    part.text += asString(delta.thinking) ?? '';
    const signature = asString(delta.signature);
    if (signature !== undefined) part.signature = (part.signature ?? '') + signature;
  };

  const count = (value: unknown): void => {
    const usage = asObject(value);
    if (usage === undefined) return;
    // The counts of the prompt come with the start; the end may have them again, or the output's alone.
    const cached = countOf(usage.cache_read_input_tokens);
    const input = countOf(usage.input_tokens) + cached + countOf(usage.cache_creation_input_tokens);
    reading.tokens = {
      input: input || (reading.tokens?.input ?? 0),
      cached: cached || (reading.tokens?.cached ?? 0),
      output: countOf(usage.output_tokens),
    };
  };

  return {
    reading,
    frame(data) {
      const event = asObject(parseJson(data));
      if (event === undefined) return;
      const index = countOf(event.index);
      switch (event.type) {
        case 'message_start':
          count(asObject(event.message)?.usage);
          break;
        case 'content_block_start':
          begin(index, asObject(event.content_block) ?? {});
          break;
        case 'content_block_delta': {
          const part = blocks.get(index);
          if (part !== undefined) lengthen(part, asObject(event.delta) ?? {});
          break;
        }
        case 'message_delta':
          reading.stopReason = asString(asObject(event.delta)?.stop_reason) ?? reading.stopReason;
          count(event.usage);
          break;
        case 'message_stop':
          reading.ended = true;
          break;
        case 'error': {
          const error = asObject(event.error);
          reading.failure = {
            message: asString(error?.message) ?? 'The answer broke off.',
            status: undefined,
            code: asString(error?.type) ?? 'error',
          };
          break;
        }
      }
    },
    whole(body) {
      const answer = asObject(body);
      for (const [index, block] of asArray(answer?.content).entries()) {
        const held = asObject(block) ?? {};
        begin(index, held);
        const part = blocks.get(index);
        if (part?.kind === 'call') part.input = JSON.stringify(held.input ?? {});
      }
      reading.stopReason = asString(answer?.stop_reason);
      count(answer?.usage);
      reading.ended = true;
    },
  };
}

/** What a block begins with; a call's input comes in deltas after it. */
function partOf(block: JsonObject): AnswerPart | undefined {
  switch (block.type) {
    case 'text':
      return { kind: 'text', text: asString(block.text) ?? '' };
    case 'thinking':
      return {
        kind: 'reasoning',
        text: asString(block.thinking) ?? '',
        signature: asString(block.signature) || undefined,
      };
    case 'tool_use':
      return { kind: 'call', id: asString(block.id) ?? '', name: asString(block.name) ?? '', input: '' };
    default:
      return undefined;
  }
}

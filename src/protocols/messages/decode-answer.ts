import { GatewayError } from '../../errors/catalogue.ts';
import { brokenOff, settleFinish } from '../finish.ts';
import { asObject, asString, type JsonObject } from '../json.ts';
import type { JsonText, NeutralAnswer } from '../neutral.ts';
import { RawJson } from '../raw-json.ts';
import type { Surface } from '../wire.ts';
import { readStopReason } from './stop-reasons.ts';
import { readMessagesUsage } from './usage.ts';

/** A whole Messages answer in neutral form, blocks in order. Throws GatewayError when it is none. */
export function decodeMessagesAnswer(text: JsonText, body: JsonObject, surface: Surface): NeutralAnswer {
  if (body.type === 'error' || body.error) throw surface.readError(body.error ?? body);
  if (!Array.isArray(body.content)) {
    throw new GatewayError('upstream_error', 'The upstream sent an answer without content.');
  }
  const reason = asString(body.stop_reason);
  const failure = brokenOff(reason);
  if (failure !== undefined) throw failure;
  if (!reason && !(surface.repair && body.content.length > 0)) {
    throw new GatewayError('upstream_error', 'The upstream sent an answer without a stop reason.');
  }
  const raw = new RawJson(text).get('content');
  const parts: NeutralAnswer['parts'] = [];
  for (let i = 0; i < body.content.length; i++) {
    const part = decodeBlock(asObject(body.content[i]) ?? {}, raw.at(i));
    if (part !== undefined) parts.push(part);
  }
  const told = readStopReason(reason);
  const explanation = told === 'refusal' ? explanationOf(body.stop_details) : '';
  if (explanation !== '') parts.push({ type: 'refusal', text: explanation, byVendor: true });
  const calls = parts.some((part) => part.type === 'tool-call');
  return {
    id: asString(body.id) ?? '',
    model: asString(body.model) ?? '',
    createdSeconds: undefined,
    parts,
    finish: settleFinish(told, { calls, refusal: false }),
    stopSequence: asString(body.stop_sequence),
    usage: readMessagesUsage(body.usage),
  };
}

/** Blocks of server tools are left out: no request that is translated can ask for one. */
function decodeBlock(block: JsonObject, raw: RawJson): NeutralAnswer['parts'][number] | undefined {
  switch (block.type) {
    case 'text': {
      const text = asString(block.text) ?? '';
      return text === '' ? undefined : { type: 'text', text };
    }
    case 'thinking':
      return { type: 'reasoning', text: asString(block.thinking) ?? '', signature: asString(block.signature) ?? '' };
    case 'redacted_thinking':
      return { type: 'reasoning', text: '', signature: undefined, redacted: asString(block.data) ?? '' };
    case 'tool_use': {
      const id = asString(block.id) ?? '';
      const name = asString(block.name) ?? '';
      if (id === '' || name === '') {
        throw new GatewayError('upstream_error', 'The upstream sent a tool call without an id or a name.');
      }
      return { type: 'tool-call', id, name, input: inputOf(block, raw) };
    }
    default:
      return undefined;
  }
}

/** Some servers give it as a string, as arguments are. */
function inputOf({ input }: JsonObject, raw: RawJson): JsonText {
  if (typeof input === 'string') return input || '{}';
  return input === undefined || input === null ? '{}' : raw.get('input').text;
}

/** Why the model refused, in its vendor's words; '' when it says nothing. */
export const explanationOf = (stopDetails: unknown): string => asString(asObject(stopDetails)?.explanation) ?? '';

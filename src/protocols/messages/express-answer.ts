import { GatewayError } from '../../errors/catalogue.ts';
import { append } from '../append.ts';
import { brokenOff } from '../finish.ts';
import { asObject, asString, isObject, type JsonObject } from '../json.ts';
import { type Edit, splice } from '../json-text.ts';
import { RawJson } from '../raw-json.ts';
import { OutputOfParts, parseAnswer, type WholeAnswer, type WholeOptions } from '../whole-answer.ts';
import { isCall } from './delta-kinds.ts';
import { usageEdit, withoutNulls } from './repairs.ts';
import { trueStopReason } from './stop-reasons.ts';
import { MessagesUsage, messagesUsage } from './usage.ts';

/**
 * A whole Messages answer from an upstream of the same protocol: the text as it came but for `model` and, on surfaces
 * that need it, a signature on thinking, a true stop reason and no empty text. Throws GatewayError when it is no answer.
 */
export function messagesExpressAnswer(text: string, options: WholeOptions): WholeAnswer {
  const body = parseAnswer(text);
  if (body.type === 'error' || body.error) throw options.readError(body.error ?? body);
  if (!Array.isArray(body.content)) {
    throw new GatewayError('upstream_error', 'The upstream sent an answer without content.');
  }
  const failure = brokenOff(asString(body.stop_reason));
  if (failure !== undefined) throw failure;
  const blocks = body.content.map((block) => asObject(block) ?? {});
  const edits: Edit[] = [];
  if (body.model !== undefined && body.model !== options.model)
    edits.push({ path: ['model'], set: JSON.stringify(options.model) });
  // A reason can be put in for an answer; nothing at all is none.
  if (!asString(body.stop_reason) && !(options.repair && blocks.some(saysSomething))) {
    throw new GatewayError('upstream_error', 'The upstream sent an answer without a stop reason.');
  }
  if (options.repair) append(edits, repairs(body, blocks));
  const raw = new RawJson(text);
  const usage = new MessagesUsage();
  usage.update(body.usage);
  return {
    body: splice(text, edits),
    ...(options.repair && {
      bodyWith: (charged) => splice(text, [...edits, usageEdit(asObject(body.usage), messagesUsage(charged))]),
    }),
    usage: usage.result(),
    output: new OutputOfParts(blocks, (block, i) => visibleOutput(block, raw.get('content').at(i)), thinkingOf),
  };
}

const saysSomething = (block: JsonObject): boolean => block.type !== 'text' || Boolean(block.text);

function repairs(body: JsonObject, blocks: JsonObject[]): Edit[] {
  const edits: Edit[] = [];
  for (const [index, block] of blocks.entries()) {
    if (block.type === 'thinking' && typeof block.signature !== 'string') {
      edits.push({ path: ['content', index, 'signature'], set: '""' });
    }
    if (block.type === 'text' && !block.text) edits.push({ path: ['content', index], remove: true });
  }
  const given = asString(body.stop_reason);
  const reason = trueStopReason(
    given,
    blocks.some((block) => block.type === 'tool_use'),
  );
  if (reason !== given) edits.push({ path: ['stop_reason'], set: JSON.stringify(reason) });
  if (isObject(body.usage)) append(edits, withoutNulls(body.usage, ['usage']));
  else edits.push(usageEdit(undefined, { input_tokens: 0, output_tokens: 0 }));
  return edits;
}

/** What a stream of the same block adds up to. */
function visibleOutput(block: JsonObject, raw: RawJson): string {
  if (block.type === 'text') return asString(block.text) ?? '';
  if (!isCall(block.type)) return '';
  const hasInput = isObject(block.input) && Object.keys(block.input).length > 0;
  return (asString(block.name) ?? '') + (hasInput ? raw.get('input').text : '');
}

const thinkingOf = ({ thinking }: JsonObject): string => asString(thinking) ?? '';

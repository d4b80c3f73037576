import { GatewayError } from '../../errors/catalogue.ts';
import type { ReasoningCollector } from '../collect-reasoning.ts';
import { brokenOff } from '../finish.ts';
import { asArray, asObject, asString, type JsonObject } from '../json.ts';
import { splice } from '../json-text.ts';
import { RawJson } from '../raw-json.ts';
import { OutputOfParts, parseAnswer, type WholeAnswer, type WholeOptions } from '../whole-answer.ts';
import { AnswerRepair } from './answer-repair.ts';
import { callData } from './call-marks.ts';
import { readChatUsage } from './usage.ts';
import { wordsOf } from './words.ts';

/**
 * A whole Chat Completions answer from an upstream of the same protocol: the text as it came but for `model`.
 * Throws GatewayError when it is no answer: no JSON, an error inside a 200, no choice, a choice without finish reason.
 */
export function chatExpressAnswer(text: string, options: WholeOptions): WholeAnswer {
  const body = parseAnswer(text);
  if (body.error) throw options.readError(body.error);
  const choices = asArray(body.choices).map(objectOf);
  if (choices.length === 0) throw new GatewayError('upstream_error', 'The upstream sent an answer without choices.');
  for (const choice of choices) {
    if (choice.error) throw options.readError(choice.error);
    checkFinish(choice);
  }
  if (options.collector !== undefined) collectCalls(text, choices, options.collector);
  const edits = options.repair ? new AnswerRepair().edits(body) : [];
  if (body.model !== undefined && body.model !== options.model) {
    edits.push({ path: ['model'], set: JSON.stringify(options.model) });
  }
  return {
    body: edits.length === 0 ? text : splice(text, edits),
    usage: readChatUsage(body.usage),
    output: new OutputOfParts(choices, visibleOutput, reasoningOf),
  };
}

const objectOf = (value: unknown): JsonObject => asObject(value) ?? {};

/** Calls with the upstream's own data about each, as it was written. */
function collectCalls(text: string, choices: JsonObject[], collector: ReasoningCollector): void {
  const raw = new RawJson(text).get('choices');
  for (const [index, choice] of choices.entries()) {
    const calls = raw.at(index).get('message').get('tool_calls');
    for (const [at, call] of asArray(asObject(choice.message)?.tool_calls).entries()) {
      const id = asString(asObject(call)?.id);
      if (id) collector.call(id, callData(calls.at(at)));
    }
  }
}

function checkFinish(choice: JsonObject): void {
  const reason = asString(choice.finish_reason);
  const failure = brokenOff(reason);
  if (failure !== undefined) throw failure;
  if (!reason) throw new GatewayError('upstream_error', 'The upstream sent an answer without a finish reason.');
}

/** What a stream of the same message adds up to: all that it has but its role and its reasoning. */
function visibleOutput(choice: JsonObject): string {
  return Object.entries(objectOf(choice.message))
    .map(([name, value]) => outputOf(name, value))
    .join('');
}

function outputOf(name: string, value: unknown): string {
  if (typeof value === 'string') return NOT_VISIBLE.has(name) ? '' : value;
  if (name === 'tool_calls') return asArray(value).map(callOutput).join('');
  if (name === 'function_call') return stringsOf(value);
  // Those say in pieces what `reasoning` says.
  return name === 'reasoning_details' ? '' : wordsOf(value);
}

const NOT_VISIBLE = new Set(['role', 'reasoning_content', 'reasoning']);

function callOutput(call: unknown): string {
  const { function: fn, custom } = asObject(call) ?? {};
  return stringsOf(fn) + stringsOf(custom);
}

/** Of what is called: its name and its input. */
const stringsOf = (called: unknown): string =>
  Object.values(asObject(called) ?? {})
    .filter((value) => typeof value === 'string')
    .join('');

function reasoningOf(choice: JsonObject): string {
  const message = objectOf(choice.message);
  return asString(message.reasoning_content) || asString(message.reasoning) || '';
}

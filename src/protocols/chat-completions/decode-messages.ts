import { GatewayError } from '../../errors/catalogue.ts';
import { append } from '../append.ts';
import { readMembers } from '../extras.ts';
import { anObject, anything, aString, refuse } from '../field-checks.ts';
import { asObject, asString, isEmptyArray, isObject, type JsonObject } from '../json.ts';
import type { NeutralMessage, TextPart, ToolCallPart, ToolResultPart } from '../neutral.ts';
import type { RawJson } from '../raw-json.ts';
import { findUnpaired, namesOf } from '../unpaired-tools.ts';
import type { Notes } from '../wire.ts';
import {
  cacheControlOf,
  decodeContent,
  decodeText,
  decodeTextPart,
  isThinkingPart,
  thinkingOf,
} from './decode-content.ts';

type AssistantParts = Extract<NeutralMessage, { role: 'assistant' }>['parts'];

const MESSAGE = { role: anything, content: anything, cache_control: anObject };
const USER = { ...MESSAGE, name: aString };
const TOOL = { ...MESSAGE, tool_call_id: anything };
const ASSISTANT = {
  ...USER,
  tool_calls: anything,
  refusal: aString,
  // Some servers give an object, and clients give it back: to refuse it would end the conversation.
  reasoning_content: anything,
  reasoning: anything,
  annotations: anything,
  function_call: anObject,
  audio: anObject,
  // What official clients put into the messages that they give back; it says nothing.
  parsed: anything,
};
/** `index` is what clients keep of a stream's deltas. */
const CALL = { id: anything, type: anything, function: anObject, extra_content: anObject, index: anything };
/** `parsed_arguments` is what official clients read of the arguments. */
const FUNCTION = { name: anything, arguments: anything, parsed_arguments: anything };

interface Conversation {
  system: TextPart[];
  messages: NeutralMessage[];
}

/** System prompt (all leading system messages) and turns. Throws `invalid_param`, `unsupported_feature`. */
export function decodeMessages(messages: readonly unknown[], raw: RawJson, notes: Notes): Conversation {
  const system: TextPart[] = [];
  const turns: NeutralMessage[] = [];
  /** Index in the client's messages of each turn. */
  const origins: number[] = [];
  for (let i = 0; i < messages.length; i++) {
    const message = asObject(messages[i]);
    const where = `messages[${i}]`;
    if (message === undefined) refuse(where, 'must be an object with `role` and `content`');
    switch (message.role) {
      case 'system':
      case 'developer': {
        readMembers(message, MESSAGE, where, notes);
        const parts = withCacheControl(decodeText(message.content, `${where}.content`, notes), message, notes);
        if (turns.length === 0) append(system, parts);
        else turns.push({ role: 'system', parts });
        break;
      }
      case 'user': {
        readMembers(message, USER, where, notes);
        const parts = withCacheControl(decodeContent(message.content, `${where}.content`, notes), message, notes);
        const name = asString(message.name);
        turns.push(name === undefined ? { role: 'user', parts } : { role: 'user', parts, name });
        break;
      }
      case 'assistant': {
        readMembers(message, ASSISTANT, where, notes);
        const parts = withCacheControl(decodeAssistant(message, raw.at(i), where, notes), message, notes);
        const name = asString(message.name);
        turns.push(name === undefined ? { role: 'assistant', parts } : { role: 'assistant', parts, name });
        break;
      }
      case 'tool': {
        readMembers(message, TOOL, where, notes);
        addResult(turns, decodeResult(message, where, notes));
        break;
      }
      default:
        refuse(`${where}.role`, 'must be one of system, developer, user, assistant, tool');
    }
    while (origins.length < turns.length) origins.push(i);
  }
  const unpaired = findUnpaired(turns);
  if (unpaired !== undefined) {
    const at = origins[unpaired.index]!;
    const ids = namesOf(unpaired.ids);
    // OpenAI's own wording: clients look for it.
    const message =
      unpaired.kind === 'call-without-result'
        ? `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids}`
        : `Messages with role 'tool' must be a response to a preceding message with 'tool_calls': nothing called ${ids}. Send the assistant message that did.`;
    throw new GatewayError('invalid_param', message, { param: `messages[${at}]` });
  }
  return { system, messages: turns };
}

/** `cache_control` of a whole message stands on its last part: there the prefix ends. */
function withCacheControl<Part extends { type: string }>(parts: Part[], message: JsonObject, notes: Notes): Part[] {
  const cacheControl = cacheControlOf(message);
  if (cacheControl === undefined) return parts;
  const last = parts.at(-1);
  if (last === undefined || last.type === 'reasoning' || last.type === 'refusal') {
    notes.changed.add('cache_control');
    return parts;
  }
  return [...parts.slice(0, -1), { cacheControl, ...last }];
}

/** Results of one turn's calls stand in one message: in the other protocols they belong to one. */
function addResult(turns: NeutralMessage[], result: ToolResultPart): void {
  const last = turns.at(-1);
  // Nothing else has results in it.
  if (last?.role === 'user' && last.parts[0]?.type === 'tool-result') last.parts.push(result);
  else turns.push({ role: 'user', parts: [result] });
}

function decodeResult(message: JsonObject, where: string, notes: Notes): ToolResultPart {
  const callId = asString(message.tool_call_id);
  if (callId === undefined) refuse(`${where}.tool_call_id`, 'is missing: send the id of the call that it answers');
  const parts = decodeContent(message.content, `${where}.content`, notes);
  const cacheControl = cacheControlOf(message);
  const result: ToolResultPart = { type: 'tool-result', callId, parts, isError: false };
  return cacheControl === undefined ? result : { ...result, cacheControl };
}

function decodeAssistant(message: JsonObject, raw: RawJson, where: string, notes: Notes): AssistantParts {
  if (isObject(message.function_call)) {
    throw new GatewayError(
      'unsupported_parameter',
      'Calls in `function_call` are of the form before `tools`: send `tool_calls`.',
      {
        param: `${where}.function_call`,
      },
    );
  }
  if (isObject(message.audio)) {
    throw new GatewayError('unsupported_feature', 'Audio of an earlier answer cannot be named here: send its text.', {
      param: `${where}.audio`,
    });
  }
  const parts: AssistantParts = [];
  // Vendors disagree about the name: DeepSeek `reasoning_content`, newer vLLM and others `reasoning`, Mistral a part.
  const reasoning = asString(message.reasoning_content) || asString(message.reasoning) || thinkingOf(message.content);
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning, signature: undefined });
  for (const name of ['reasoning_content', 'reasoning']) {
    const value = message[name] ?? undefined;
    if (value !== undefined && typeof value !== 'string') notes.changed.add(name);
  }
  // What an answer's texts point at; without any, official clients give back an empty list.
  if ((message.annotations ?? undefined) !== undefined && !isEmptyArray(message.annotations)) {
    notes.changed.add('annotations');
  }
  append(parts, decodeAssistantContent(message.content, `${where}.content`, notes));
  const refusal = asString(message.refusal);
  if (refusal) parts.push({ type: 'refusal', text: refusal });
  const calls = message.tool_calls;
  if (calls === undefined || calls === null) return parts;
  if (!Array.isArray(calls)) refuse(`${where}.tool_calls`, 'must be an array');
  for (let i = 0; i < calls.length; i++) {
    parts.push(decodeCall(calls[i], raw.get('tool_calls').at(i), `${where}.tool_calls[${i}]`, notes));
  }
  return parts;
}

function decodeAssistantContent(content: unknown, where: string, notes: Notes): AssistantParts {
  if (!Array.isArray(content)) return decodeText(content, where, notes).filter((part) => part.text !== '');
  return content.flatMap((part, index): AssistantParts => {
    // Read with the reasoning.
    if (isThinkingPart(part)) return [];
    const refusal = asObject(part)?.type === 'refusal' ? asString(asObject(part)?.refusal) : undefined;
    if (refusal !== undefined) return [{ type: 'refusal', text: refusal }];
    return [decodeTextPart(part, `${where}[${index}]`, notes)];
  });
}

function decodeCall(raw: unknown, text: RawJson, where: string, notes: Notes): ToolCallPart {
  const call = asObject(raw) ?? {};
  const fn = asObject(call.function) ?? {};
  readMembers(call, CALL, where, notes);
  readMembers(fn, FUNCTION, `${where}.function`, notes);
  const { id, type, extra_content } = call;
  if (type !== undefined && type !== null && type !== 'function') {
    throw new GatewayError(
      'unsupported_feature',
      "Only calls of type `function` have a counterpart at this model's upstream.",
      {
        param: `${where}.type`,
      },
    );
  }
  if (typeof id !== 'string' || id === '') refuse(`${where}.id`, 'is missing: send the id that the call had');
  const name = asString(fn.name);
  if (name === undefined || name === '') refuse(`${where}.function.name`, 'is missing: send the name of the tool');
  const args = fn.arguments;
  if (args !== undefined && args !== null && typeof args !== 'string') {
    refuse(`${where}.function.arguments`, 'must be a string of JSON');
  }
  const part: ToolCallPart = { type: 'tool-call', id, name, input: args ?? '' };
  return isObject(extra_content) ? { ...part, opaque: text.get('extra_content').text } : part;
}

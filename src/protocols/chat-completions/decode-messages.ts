import { GatewayError } from '../../errors/catalogue.ts';
import { noteUnread } from '../extras.ts';
import { refuse } from '../field-checks.ts';
import { asObject, asString, isObject, type JsonObject } from '../json.ts';
import type { NeutralMessage, TextPart, ToolCallPart, ToolResultPart } from '../neutral.ts';
import type { RawJson } from '../raw-json.ts';
import { findUnpaired } from '../unpaired-tools.ts';
import type { Notes } from '../wire.ts';
import { cacheControlOf, decodeContent, decodeText } from './decode-content.ts';

type AssistantParts = Extract<NeutralMessage, { role: 'assistant' }>['parts'];

const SYSTEM = new Set(['role', 'content', 'cache_control']);
const USER = new Set(['role', 'content', 'name', 'cache_control']);
const TOOL = new Set(['role', 'content', 'tool_call_id', 'name', 'cache_control']);
const ASSISTANT = new Set([
  ...['role', 'content', 'name', 'tool_calls', 'reasoning_content', 'reasoning', 'refusal', 'cache_control'],
  // What official clients put into the messages that they give back; they say nothing.
  ...['annotations', 'function_call', 'audio', 'parsed'],
]);
/** `index` is what clients keep of a stream's deltas. */
const CALL = new Set(['id', 'type', 'function', 'extra_content', 'index']);
/** `parsed_arguments` is what official clients read of the arguments. */
const FUNCTION = new Set(['name', 'arguments', 'parsed_arguments']);

export interface Conversation {
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
        noteUnread(message, SYSTEM, notes);
        const parts = withCacheControl(decodeText(message.content, `${where}.content`, notes), message);
        if (turns.length === 0) system.push(...parts);
        else turns.push({ role: 'system', parts });
        break;
      }
      case 'user': {
        noteUnread(message, USER, notes);
        const parts = withCacheControl(decodeContent(message.content, `${where}.content`, notes), message);
        const name = asString(message.name);
        turns.push(name === undefined ? { role: 'user', parts } : { role: 'user', parts, name });
        break;
      }
      case 'assistant': {
        noteUnread(message, ASSISTANT, notes);
        const parts = withCacheControl(decodeAssistant(message, raw.at(i), where, notes), message);
        const name = asString(message.name);
        turns.push(name === undefined ? { role: 'assistant', parts } : { role: 'assistant', parts, name });
        break;
      }
      case 'tool': {
        noteUnread(message, TOOL, notes);
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
    const ids = unpaired.ids.join(', ');
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
function withCacheControl<Part extends { type: string }>(parts: Part[], message: JsonObject): Part[] {
  const cacheControl = cacheControlOf(message);
  const last = parts.at(-1);
  if (cacheControl === undefined || last === undefined || last.type === 'reasoning' || last.type === 'refusal')
    return parts;
  return [...parts.slice(0, -1), { cacheControl, ...last }];
}

/** Results of one turn's calls stand in one message: in the other protocols they belong to one. */
function addResult(turns: NeutralMessage[], result: ToolResultPart): void {
  const last = turns.at(-1);
  const isResults = last?.role === 'user' && last.parts.length > 0 && last.parts.every((p) => p.type === 'tool-result');
  if (isResults) last.parts.push(result);
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
  // Vendors disagree about the name: DeepSeek `reasoning_content`, newer vLLM and others `reasoning`.
  const reasoning = asString(message.reasoning_content) || asString(message.reasoning);
  if (reasoning) parts.push({ type: 'reasoning', text: reasoning, signature: undefined });
  parts.push(...decodeAssistantContent(message.content, `${where}.content`, notes));
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
    const refusal = asObject(part)?.type === 'refusal' ? asString(asObject(part)?.refusal) : undefined;
    if (refusal !== undefined) return [{ type: 'refusal', text: refusal }];
    return decodeText([part], `${where}[${index}]`, notes);
  });
}

function decodeCall(raw: unknown, text: RawJson, where: string, notes: Notes): ToolCallPart {
  const call = asObject(raw) ?? {};
  const fn = asObject(call.function) ?? {};
  const { id, type, extra_content } = call;
  if (type !== undefined && type !== 'function') {
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
  noteUnread(call, CALL, notes);
  noteUnread(fn, FUNCTION, notes);
  const part: ToolCallPart = { type: 'tool-call', id, name, input: args ?? '' };
  return isObject(extra_content) ? { ...part, opaque: text.get('extra_content').text } : part;
}

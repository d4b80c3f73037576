import { jsonSchemaInstruction } from '../protocols/added-text.ts';
import { mediaOf, readTextFile } from '../protocols/media-parts.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { PutBack } from '../protocols/put-back.ts';
import { wrapToolInput } from '../protocols/tool-input.ts';
import { toolsOfVendor } from '../protocols/vendor-tools.ts';

/** What of a request counts towards its prompt. */
interface PromptContent {
  texts: string[];
  messages: number;
  tools: number;
  /** Tools among these that their vendor describes. */
  vendorTools: number;
  /** Tool calls, results, and system messages in the middle: each has some words of the template, or of ours, around it. */
  framed: number;
  /** Something is to be cited: its vendor tells the model how. */
  cites: boolean;
  /** Images and binary documents: counted by constant, their base64 is no text. */
  media: number;
  /** True when something is there whose tokens cannot be known, such as encrypted reasoning or a file id. */
  opaque: boolean;
  /** Bytes of what may be in the prompt or not, or is there in another form: encrypted reasoning, blocks of kinds unknown here. */
  unread: number;
  /** True when something is there whose tokens do not follow from its bytes, such as a PDF. */
  unbounded: boolean;
}

/** The words around a schema or a wish for JSON, where the upstream has no such mode. */
const INSTRUCTION = Buffer.byteLength(jsonSchemaInstruction(''));

/**
 * Collects everything that a request puts before the model, on either protocol: system, messages, tool calls and
 * results, tool definitions, schemas; and what is put back into it. Tolerant: what has an unexpected shape is unread,
 * checking is for others. Reasoning of earlier turns counts only where the request has tools (DeepSeek docs 2026-09: else
 * it is ignored; others may read it). `wrapsInput`: arguments that are no JSON object go up as one.
 */
export function promptContent(
  protocol: Protocol,
  body: Record<string, unknown>,
  putBack?: PutBack,
  wrapsInput = false,
): PromptContent {
  const tools = [...list(body.tools), ...list(body.functions)];
  const content: PromptContent = {
    texts: [],
    messages: 0,
    tools: 0,
    vendorTools: toolsOfVendor(body.tools),
    framed: 0,
    cites: false,
    media: 0,
    opaque: false,
    unread: 0,
    unbounded: false,
  };
  const collector = new Collector(content, tools.length > 0, wrapsInput);
  if (protocol === 'messages') collector.blocks(body.system);
  for (const message of list(body.messages)) collector.message(message);
  for (const tool of tools) collector.tool(tool);
  collector.responseFormat(protocol === 'messages' ? messagesFormat(body) : body.response_format);
  if (putBack !== undefined) collector.putBack(putBack);
  return content;
}

/** Under the name that stands, or the one that it had in beta. */
function messagesFormat({ output_config, output_format }: Record<string, unknown>): unknown {
  const { format } = record(output_config);
  return typeof format === 'object' && format !== null ? format : output_format;
}

class Collector {
  readonly #content: PromptContent;
  readonly #countsReasoning: boolean;
  readonly #wrapsInput: boolean;

  constructor(content: PromptContent, countsReasoning: boolean, wrapsInput: boolean) {
    this.#content = content;
    this.#countsReasoning = countsReasoning;
    this.#wrapsInput = wrapsInput;
  }

  message(value: unknown): void {
    // Chat Completions only: reasoning and calls stand beside the content.
    const { role, content, name, reasoning_content, reasoning, tool_calls, tool_call_id, ...rest } = record(value);
    this.#content.messages++;
    if (role === 'system' || role === 'developer' || role === 'tool') this.#content.framed++;
    this.#text(name);
    this.blocks(content);
    const told = reasoning_content || reasoning;
    this.#reasoning(told);
    if (reasoning !== told) this.#unread(reasoning);
    for (const call of list(tool_calls)) this.#call(call);
    this.#unreadMembers(rest);
  }

  /** Content of a message, of a tool result, or a system prompt: a string, a list of blocks, or one alone. */
  blocks(value: unknown): void {
    if (typeof value === 'string') this.#text(value);
    else if (Array.isArray(value)) for (const block of value) this.#block(record(block));
    else if (value !== undefined && value !== null) this.#block(record(value));
  }

  tool(value: unknown): void {
    const tool = record(value);
    this.#content.tools++;
    // Chat Completions wraps the definition, Messages does not.
    const { function: wrapped, ...outside } = tool;
    const isWrapped = typeof wrapped === 'object' && wrapped !== null;
    const { name, description, parameters, input_schema, type, strict, cache_control, ...rest } = isWrapped
      ? { ...outside, ...record(wrapped) }
      : tool;
    this.#text(name);
    this.#text(description);
    this.#json(parameters);
    this.#json(input_schema);
    // Examples of its input, a grammar, what its vendor asks of it.
    for (const member of Object.values(rest)) {
      if (typeof member === 'object') this.#json(member);
      else this.#unread(member);
    }
  }

  responseFormat(value: unknown): void {
    const format = record(value);
    if (typeof format.type !== 'string' || format.type === 'text') return;
    this.#content.unread += INSTRUCTION;
    if (format.type !== 'json_schema') {
      this.#unread(format);
      return;
    }
    const { name, description, schema } = { ...format, ...record(format.json_schema) };
    this.#text(name);
    this.#text(description);
    this.#json(schema);
  }

  putBack({ texts, sealed }: PutBack): void {
    for (const text of texts) this.#reasoning(text);
    this.#sealed(sealed);
  }

  #call(value: unknown): void {
    const { function: fn, id, type, index, ...rest } = record(value);
    const { name, arguments: args } = record(fn);
    this.#content.framed++;
    this.#text(name);
    this.#text(this.#wrapsInput && typeof args === 'string' ? wrapToolInput(args) : args);
    this.#unreadMembers(rest);
  }

  #block(block: Record<string, unknown>): void {
    const media = mediaOf(block);
    if (media !== undefined) {
      this.#content.media++;
      this.#content.unbounded ||= media.kind === 'unbounded';
    }
    this.#content.cites ||= record(block.citations).enabled === true;
    switch (block.type) {
      case 'text':
        this.#text(block.text);
        break;
      case 'refusal':
        this.#text(block.refusal);
        break;
      case 'thinking':
        this.#reasoning(block.thinking);
        if (typeof block.signature === 'string') this.#sealed(block.signature.length);
        break;
      case 'redacted_thinking':
        this.#content.opaque ||= this.#countsReasoning;
        if (typeof block.data === 'string') this.#sealed(block.data.length);
        break;
      case 'tool_use':
      case 'server_tool_use':
        this.#content.framed++;
        this.#text(block.name);
        this.#json(block.input);
        break;
      case 'tool_result':
        this.#content.framed++;
        this.blocks(block.content);
        break;
      case 'file':
        this.#file(record(block.file));
        break;
      case 'document':
        this.#document(block);
        break;
      case 'search_result':
        this.#text(block.title);
        this.#text(block.source);
        this.blocks(block.content);
        break;
      case 'tool_reference':
        this.#text(block.tool_name);
        break;
      default:
        if (media !== undefined) break;
        this.#content.opaque = true;
        this.#unread(block);
    }
  }

  #document({ title, context, source }: Record<string, unknown>): void {
    const { type, data, content } = record(source);
    this.#text(title);
    this.#text(context);
    if (type === 'text') this.#text(data);
    else if (type === 'content') this.blocks(content);
  }

  #file({ filename, file_data }: Record<string, unknown>): void {
    this.#text(filename);
    if (typeof file_data === 'string') this.#text(readTextFile(file_data));
  }

  #text(value: unknown): void {
    if (typeof value === 'string' && value !== '') this.#content.texts.push(value);
  }

  #json(value: unknown): void {
    if (value !== undefined && value !== null) this.#content.texts.push(JSON.stringify(value));
  }

  #reasoning(value: unknown): void {
    if (typeof value === 'string' && this.#countsReasoning) this.#text(value);
    else if (typeof value === 'string') this.#content.unread += Buffer.byteLength(value);
    else this.#unread(value);
  }

  /** Of four characters of base64 three bytes, and of a byte one token at most. */
  #sealed(characters: number): void {
    this.#content.unread += Math.ceil((characters * 3) / 4);
  }

  #unread(value: unknown): void {
    if (value !== undefined && value !== null) this.#content.unread += Buffer.byteLength(JSON.stringify(value));
  }

  /** What is neither known nor empty. */
  #unreadMembers(rest: Record<string, unknown>): void {
    for (const name in rest) if (rest[name] !== '') this.#unread(rest[name]);
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

import type { Protocol } from '../protocols/protocol.ts';

/** What of a request counts towards its prompt. */
export interface PromptContent {
  texts: string[];
  messages: number;
  tools: number;
  /** Images and binary documents: counted by constant, their base64 is no text. */
  media: number;
  /** True when something is there whose tokens cannot be known, such as encrypted reasoning or a file id. */
  opaque: boolean;
}

/**
 * Collects everything that a request puts before the model, on either protocol: system, messages, tool calls and
 * results, tool definitions, schemas. Tolerant: what has an unexpected shape is left out, checking is for others.
 * Reasoning of earlier turns counts only where the request has tools (DeepSeek docs 2026-09: else it is ignored).
 */
export function promptContent(protocol: Protocol, body: Record<string, unknown>): PromptContent {
  const content: PromptContent = { texts: [], messages: 0, tools: 0, media: 0, opaque: false };
  const tools = list(body.tools);
  const collector = new Collector(content, tools.length > 0);
  if (protocol === 'messages') collector.blocks(body.system);
  for (const message of list(body.messages)) collector.message(message);
  for (const tool of tools) collector.tool(tool);
  collector.responseSchema(protocol === 'messages' ? record(body.output_config).format : body.response_format);
  return content;
}

class Collector {
  readonly #content: PromptContent;
  readonly #countsReasoning: boolean;

  constructor(content: PromptContent, countsReasoning: boolean) {
    this.#content = content;
    this.#countsReasoning = countsReasoning;
  }

  message(value: unknown): void {
    const message = record(value);
    this.#content.messages++;
    this.#text(message.name);
    this.blocks(message.content);
    // Chat Completions only: reasoning and calls stand beside the content.
    if (this.#countsReasoning) this.#text(message.reasoning_content ?? message.reasoning);
    for (const call of list(message.tool_calls)) {
      const { name, arguments: args } = record(record(call).function);
      this.#text(name);
      this.#text(args);
    }
  }

  /** Content of a message, of a tool result, or a system prompt: a string or a list of blocks. */
  blocks(value: unknown): void {
    if (typeof value === 'string') this.#text(value);
    else for (const block of list(value)) this.#block(record(block));
  }

  tool(value: unknown): void {
    const tool = record(value);
    this.#content.tools++;
    // Chat Completions wraps the definition, Messages does not.
    const definition = typeof tool.function === 'object' ? record(tool.function) : tool;
    this.#text(definition.name);
    this.#text(definition.description);
    this.#json(definition.parameters ?? definition.input_schema);
  }

  responseSchema(value: unknown): void {
    const format = record(value);
    if (format.type === 'json_schema') this.#json(record(format.json_schema).schema ?? format.schema);
  }

  #block(block: Record<string, unknown>): void {
    switch (block.type) {
      case 'text':
        this.#text(block.text);
        break;
      case 'refusal':
        this.#text(block.refusal);
        break;
      case 'thinking':
        if (this.#countsReasoning) this.#text(block.thinking);
        break;
      case 'redacted_thinking':
        this.#content.opaque ||= this.#countsReasoning;
        break;
      case 'tool_use':
      case 'server_tool_use':
        this.#text(block.name);
        this.#json(block.input);
        break;
      case 'tool_result':
        this.blocks(block.content);
        break;
      case 'image':
      case 'image_url':
      case 'input_audio':
      case 'file':
        this.#content.media++;
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
        this.#content.opaque = true;
    }
  }

  #document(block: Record<string, unknown>): void {
    const source = record(block.source);
    this.#text(block.title);
    this.#text(block.context);
    if (source.type === 'text') this.#text(source.data);
    else if (source.type === 'content') this.blocks(source.content);
    else this.#content.media++;
  }

  #text(value: unknown): void {
    if (typeof value === 'string' && value !== '') this.#content.texts.push(value);
  }

  #json(value: unknown): void {
    if (value !== undefined && value !== null) this.#content.texts.push(JSON.stringify(value));
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

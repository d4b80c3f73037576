/**
 * Every word that the gateway adds to a prompt. There is no other place: what a model reads is the client's text,
 * or stands here. Each use is listed in `x-bytespike-changed` or `x-bytespike-emulated`.
 * The words are fixed: the same history must give the same bytes, or the upstream's prefix cache is lost.
 */

/** Stands where an image was, further back or in a tool result, at a model that sees none. */
export const IMAGE_OMITTED = '[Image omitted: this model does not read images.]';

/** Stands where a document or another file was, further back or in a tool result, at a model that reads none. */
export const DOCUMENT_OMITTED = '[Document omitted: this model does not read documents.]';

/** Precedes the text of a tool result with `is_error: true` where the upstream has no such flag. */
export const TOOL_ERROR_PREFIX = 'Error: ';

/**
 * Claude Code's attribution line, the one text that is taken out: it changes with the first prompt and would spoil every
 * other vendor's prefix cache. Its own vendor reads it.
 */
export const BILLING_HEADER = /^x-anthropic-billing-header:[^\n]*\n?/;

/** Between texts that were blocks of their own and become one. */
export const PARAGRAPH = '\n\n';

/** A system message in the middle of a conversation, in place, as a user's text, at upstreams without such messages. */
export function midConversationSystem(text: string): string {
  return `<system>${text}</system>`;
}

/**
 * Goes to the end of the system prompt where `json_schema` is emulated by `json_object`. `schema` is the client's own
 * JSON text. It says "JSON": DeepSeek refuses `json_object` when no part of the prompt does (DeepSeek docs 2026-09).
 */
export function jsonSchemaInstruction(schema: string, name?: string, description?: string): string {
  const subject = name === undefined ? '' : ` It is called ${JSON.stringify(name)}.`;
  const purpose = description === undefined ? '' : ` ${description}`;
  return `Answer with one JSON value and nothing else: no prose, no code fence. It must be valid against this JSON Schema.${subject}${purpose}\n${schema}`;
}

/**
 * A schema's description where the upstream has no place for some of its keywords: they and their values, the client's own
 * JSON text, in braces behind what it says, as Anthropic's client writes them.
 */
export function schemaDescription(description: unknown, keywords: [keyword: string, value: string][]): string {
  const before = typeof description === 'string' && description !== '' ? `${description}${PARAGRAPH}` : '';
  return `${before}{${keywords.map(([keyword, value]) => `${keyword}: ${value}`).join(', ')}}`;
}

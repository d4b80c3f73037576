import type { NeutralRequest } from './neutral.ts';
import { shorten } from './shorten.ts';
import type { Notes } from './wire.ts';

/** Longest name of a function on Chat Completions; Anthropic takes 128 characters, and coding agents use them for MCP. */
const MAX_NAME = 64;

/** The request with tool names that fit, and the client's name of each that was shortened. */
export interface FittedNames {
  request: NeutralRequest;
  clientNames: ReadonlyMap<string, string> | undefined;
}

/**
 * Shortens tool names that Chat Completions does not take, of tools, calls and the choice. The answer's calls get the
 * client's names back.
 */
export function fitToolNames(request: NeutralRequest, notes: Notes): FittedNames {
  const { tools, toolChoice, messages } = request;
  const long = tools.filter(({ name }) => isLong(name)).map(({ name }) => name);
  for (const { role, parts } of messages) {
    if (role !== 'assistant') continue;
    for (const part of parts) if (part.type === 'tool-call' && isLong(part.name)) long.push(part.name);
  }
  if (toolChoice?.type === 'tool' && isLong(toolChoice.name)) long.push(toolChoice.name);
  if (long.length === 0) return { request, clientNames: undefined };
  notes.changed.add('tools.name');
  return {
    request: {
      ...request,
      tools: tools.map((tool) => ({ ...tool, name: fitted(tool.name) })),
      toolChoice: toolChoice?.type === 'tool' ? { ...toolChoice, name: fitted(toolChoice.name) } : toolChoice,
      messages: messages.map((message) =>
        message.role === 'assistant'
          ? {
              ...message,
              parts: message.parts.map((part) =>
                part.type === 'tool-call' ? { ...part, name: fitted(part.name) } : part,
              ),
            }
          : message,
      ),
    },
    clientNames: new Map(long.map((name) => [fitted(name), name])),
  };
}

const isLong = (name: string): boolean => name.length > MAX_NAME;
const fitted = (name: string): string => shorten(name, MAX_NAME);

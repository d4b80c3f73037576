import type { Protocol } from './protocol.ts';

/** What each protocol calls the things that both have: notes and errors use the client's word. */
const NAMES = {
  stop: { 'chat-completions': 'stop', messages: 'stop_sequences' },
  effort: { 'chat-completions': 'reasoning_effort', messages: 'output_config.effort' },
  /** Reasoning of earlier turns. */
  replay: { 'chat-completions': 'reasoning_content', messages: 'thinking' },
  format: { 'chat-completions': 'response_format', messages: 'output_config.format' },
  parallelToolCalls: { 'chat-completions': 'parallel_tool_calls', messages: 'tool_choice.disable_parallel_tool_use' },
  endUser: { 'chat-completions': 'user', messages: 'metadata' },
  document: { 'chat-completions': 'file', messages: 'document' },
  strict: { 'chat-completions': 'strict', messages: 'strict' },
} as const;

export const fieldName = (thing: keyof typeof NAMES, client: Protocol): string => NAMES[thing][client];

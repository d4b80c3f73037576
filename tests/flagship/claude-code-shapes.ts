/**
 * Requests in the form that Claude Code 2.1 sends, with words of our own. What makes them special: `role: system` inside
 * the messages, as blocks first and as a string once a turn was added; an attribution line as the first system block; JSON
 * in `metadata.user_id`; a deferred tool; adaptive thinking; fields and betas that nobody else sends.
 */
export interface Turn {
  role: string;
  content: unknown;
  [field: string]: unknown;
}

export const HEADERS = {
  'anthropic-version': '2023-06-01',
  'anthropic-beta':
    'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24',
  'x-app': 'cli',
  'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)',
};

const cached = { cache_control: { type: 'ephemeral' } };

const tool = (name: string, properties: object, more: object = {}) => ({
  name,
  description: `The tool ${name}. It does what its name says.`,
  input_schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties,
    additionalProperties: false,
  },
  ...more,
});

export function claudeCodeRequest(messages: Turn[], more: object = {}): Record<string, unknown> {
  return {
    model: 'deepseek-v4-pro',
    messages,
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=sdk-cli;' },
      { type: 'text', text: 'You are a coding agent.', ...cached },
      { type: 'text', text: 'Work in small steps. Run what you need. 中文 🙂', ...cached },
    ],
    tools: [
      tool('Bash', { command: { type: 'string' }, timeout: { type: 'number' } }),
      tool('Read', { file_path: { type: 'string' } }),
      tool('DeferredToolPlaceholder', {}, { defer_loading: true }),
    ],
    metadata: { user_id: JSON.stringify({ device_id: 'd', account_uuid: '', session_id: 's' }) },
    max_tokens: 128000,
    thinking: { type: 'adaptive', display: 'omitted' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'medium' },
    stream: true,
    ...more,
  };
}

const environment = 'The folder is /project. The date is 2026-11-22.';

export const firstTurn: Turn[] = [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'Some context.' },
      { type: 'text', text: 'run echo ok' },
    ],
  },
  { role: 'system', content: [{ type: 'text', text: environment, ...cached }], output_config: { effort: 'medium' } },
];

/** The same history as the agent sends it with its next request. */
export const firstTurnLater: Turn[] = [
  firstTurn[0]!,
  { role: 'system', content: environment, output_config: { effort: 'medium' } },
];

export const emptySystem: Turn[] = [
  { role: 'user', content: [{ type: 'text', text: 'hi', ...cached }] },
  { role: 'system', content: [], output_config: { effort: 'medium' } },
];

export const call = (blocks: object[] = []): Turn => ({
  role: 'assistant',
  content: [
    ...blocks,
    { type: 'text', text: 'Let me run it.' },
    { type: 'tool_use', id: 'toolu_1', name: 'Bash', input: { command: 'echo ok' } },
  ],
});

export const result = (content: unknown = 'ok', is_error = false): Turn => ({
  role: 'user',
  content: [{ tool_use_id: 'toolu_1', type: 'tool_result', content, is_error, ...cached }],
});

/**
 * What upstreams refuse that their protocol's own vendor takes, or that other models of the family take. A route names
 * the ones that apply, or a field, or one level of an effort (`reasoning_effort.max`); src/upstreams/ has the
 * cure of each, by vendor. Facts: DeepSeek docs and error texts 2026-09,
 * Anthropic and OpenAI API references 2026.
 */
export const refusals = {
  // Chat Completions
  'role-developer': 'Role `developer`: it becomes `system`.',
  'array-content': 'Content as an array of parts in system, assistant and tool messages: the texts are joined.',
  'missing-content': 'Messages without `content`, or null without tool calls: it becomes an empty string.',
  'empty-tools': 'Empty `tools` and `tool_calls`: they are left out.',
  'json-schema': 'A JSON schema for the answer: emulated by `json_object` with the schema in the system prompt.',
  'forced-tool-choice-while-thinking':
    'A forced tool choice while the model thinks: thinking goes off for this request.',
  'missing-reasoning': 'Replayed assistant turns without `reasoning_content`: it is filled in, empty where it is lost.',
  'max-completion-tokens': '`max_completion_tokens`: it becomes `max_tokens`.',
  'max-tokens-name': '`max_tokens`: it becomes `max_completion_tokens`.',
  'reasoning-effort-with-tools': '`reasoning_effort` together with function tools: the effort is left out.',
  'sampling-while-reasoning': '`temperature` and `top_p` while `reasoning_effort` is not `none`: they are left out.',
  'replayed-reasoning': 'Reasoning of earlier turns, whoever made it: it is left out.',
  'long-call-ids': 'Tool-call ids over 40 characters: they are shortened, the same for call and result.',
  'foreign-call-data': '`extra_content.google` on replayed tool calls, another vendor’s: it is left out.',
  'user-name':
    '`user`: what a client of the other protocol calls its end user goes up as `user_id`, of `[A-Za-z0-9_-]{1,512}`, or is left out.',
  'broken-arguments':
    'Arguments of replayed tool calls that are no JSON object: they become one, with what was written in its member `_raw`.',
  'missing-thought-signature':
    'Replayed tool calls without the thought signature that they came with: the word for “none” is put in.',
  // Both
  document:
    'Files of any kind: those that are text go as text; others are refused in the newest message, further back they become a marker.',
  // Messages
  'system-role-in-messages': 'Role `system` inside `messages`: it becomes a user text in place.',
  'user-id-charset': '`metadata.user_id` outside `[A-Za-z0-9_-]{1,512}`: it is left out.',
  'server-tools': 'Tools of a type of the protocol vendor’s own: refused, nothing here could run them.',
  'tool-reference': 'Blocks `tool_reference`: they become text.',
  'missing-thinking': 'Replayed assistant turns without their `thinking` block: thinking goes off for this request.',
  'redacted-thinking':
    'Reasoning that is encrypted, empty, or of another vendor, and blocks of tools that ran elsewhere: they are left out.',
  'foreign-thinking': 'Reasoning without a signature of its own: it is left out.',
  'is-error': '`is_error` on tool results: it becomes a prefix of their text.',
  'output-format': '`output_config.format`: the request goes over the Chat surface.',
  'billing-header-line': 'The `x-anthropic-billing-header` line of the system prompt: it is left out.',
  'empty-text':
    'Texts of nothing but white space, and assistant turns of nothing else or of thinking alone: they are left out, but for a user’s whole turn.',
  'adaptive-thinking': '`thinking.type: adaptive`: it becomes `enabled` with a budget.',
  'thinking-budget': '`thinking.type: enabled` with `budget_tokens`: it becomes `adaptive`.',
  prefill: 'An assistant message at the end, for the answer to go on from: refused.',
  'thinking-budget-over-limit':
    '`thinking.budget_tokens` that is not below `max_tokens`: where the gateway lowered the limit, the budget follows.',
  'temperature-with-top-p': '`temperature` and `top_p` in one request: `top_p` is left out.',
} as const;

export type Refusal = keyof typeof refusals;

/** Repairs that the answers of a surface need; the protocol folder that reads it has them. */
export const repairs = {
  'messages-stream':
    'A Messages stream with block stops, signatures, usage or the stop reason missing: they are put in.',
  'chat-calls':
    'Several tool calls with one index, or a finish reason that says nothing of them: they are set right. The role in every delta, or what was used so far in every chunk: the role stays in the first, usage comes once, at the end.',
} as const;

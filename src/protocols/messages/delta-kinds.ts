/** The kind of block in which each type of delta has its place. */
export const DELTA_KINDS: readonly [type: string, kind: 'text' | 'thinking' | 'tool_use'][] = [
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['input_json_delta', 'tool_use'],
  ['signature_delta', 'thinking'],
  ['citations_delta', 'text'],
];

/** Whether a block of this type is a call: of a tool of the client's, or of one that the vendor runs. */
export const isCall = (type: unknown): boolean => typeof type === 'string' && type.endsWith('tool_use');

/** The kind of block in which each type of delta has its place. */
export const DELTA_KINDS: readonly [type: string, kind: 'text' | 'thinking' | 'tool_use'][] = [
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['input_json_delta', 'tool_use'],
  ['signature_delta', 'thinking'],
  ['citations_delta', 'text'],
];

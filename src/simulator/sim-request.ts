import type { Protocol } from '../protocols/protocol.ts';

/** A request as the simulator works on it, whichever surface it came in on, checked and complete. */
export interface SimRequest {
  surface: Protocol;
  /** Name that the answer carries. */
  model: string;
  turns: Turn[];
  tools: SimTool[];
  toolChoice: ToolChoice;
  thinking: boolean;
  effort: Effort;
  /** Reasoning and answer together. */
  maxTokens: number;
  stop: string[];
  /** The answer is a JSON object. */
  json: boolean;
  stream: boolean;
  includeUsage: boolean;
  logprobs: boolean;
  /** Partitions the prefix cache. */
  userId: string | undefined;
}

export type Turn =
  | { role: 'system'; text: string }
  | { role: 'user'; text: string; media: number }
  | { role: 'assistant'; text: string; reasoning: string | undefined; calls: SimCall[] }
  | { role: 'tool'; callId: string; text: string };

export interface SimCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

export interface SimTool {
  name: string;
  description: string;
  /** JSON Schema; undefined: no parameters. */
  schema: unknown;
}

export type ToolChoice = { type: 'auto' | 'none' | 'required' } | { type: 'tool'; name: string };
export type Effort = 'low' | 'high' | 'max';

/** Effort names of both protocols to the three that there are. Source: DeepSeek docs 2026-09. Unknown ones: `high`. */
export function effortOf(name: unknown): Effort {
  if (name === 'minimal' || name === 'low') return 'low';
  return name === 'max' || name === 'ultra' ? 'max' : 'high';
}

/** Output limits where the request names none. Source: DeepSeek docs 2026-09. */
export const defaultMaxTokens = (thinking: boolean): number => (thinking ? 65_536 : 8_192);
export const MAX_OUTPUT_TOKENS = 393_216;

/** Longest text that an answer is made from: of longer ones the end, where the question stands. */
const MAX_ASKED = 8_000;

/** The user's newest words: what is answered. Reminders that agents put in tags are none. Empty when there are none. */
export function lastUserText(request: SimRequest): string {
  for (const turn of request.turns.toReversed()) {
    const text = turn.role === 'user' ? withoutReminders(turn.text).trim() : '';
    if (text !== '') return text.slice(-MAX_ASKED);
  }
  return '';
}

/** Tool results that came in since the model last spoke, also where a reminder follows them. */
export function newResults(request: SimRequest): (Turn & { role: 'tool' })[] {
  const spoke = request.turns.findLastIndex((turn) => turn.role === 'assistant');
  return request.turns.slice(spoke + 1).filter((turn) => turn.role === 'tool');
}

function withoutReminders(text: string): string {
  let rest = text;
  for (const tag of ['system-reminder', 'system']) rest = withoutTagged(rest, `<${tag}>`, `</${tag}>`);
  return rest;
}

function withoutTagged(text: string, open: string, close: string): string {
  let kept = '';
  let from = 0;
  for (;;) {
    const start = text.indexOf(open, from);
    const end = start < 0 ? -1 : text.indexOf(close, start);
    if (end < 0) return kept + text.slice(from);
    kept += text.slice(from, start);
    from = end + close.length;
  }
}

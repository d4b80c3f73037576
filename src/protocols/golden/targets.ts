import type { Capability, Card, Route } from '../../models/card.ts';
import type { Refusal } from '../../models/refusals.ts';
import type { Protocol } from '../protocol.ts';
import type { Target } from '../wire.ts';

interface Sketch {
  protocol: Protocol;
  vendor: string;
  refuses?: (Refusal | (string & {}))[];
  capabilities?: Capability[];
  modalities?: Card['input_modalities'];
  maxOutput?: number;
  repairs?: Route['repairs'];
}

/** Upstreams as they differ in what they take; their names say which of the catalog's they are like. */
const SKETCHES = {
  /** Takes everything that Messages has, thinks with a budget or by itself. */
  'claude-any': { protocol: 'messages', vendor: 'anthropic', refuses: ['empty-text', 'temperature-with-top-p'] },
  'claude-budget': {
    protocol: 'messages',
    vendor: 'anthropic',
    refuses: ['empty-text', 'temperature-with-top-p', 'adaptive-thinking', 'system-role-in-messages'],
    maxOutput: 8192,
  },
  'claude-adaptive': {
    protocol: 'messages',
    vendor: 'anthropic',
    refuses: ['empty-text', 'thinking-budget', 'temperature', 'top_p', 'top_k', 'prefill'],
  },
  /** A Messages surface that thinks unless told not to, without schemas, documents or pictures. */
  'deepseek-messages': {
    protocol: 'messages',
    vendor: 'deepseek',
    refuses: [
      'system-role-in-messages',
      'user-id-charset',
      'forced-tool-choice-while-thinking',
      'missing-thinking',
      'redacted-thinking',
      'output-format',
    ],
    capabilities: ['text', 'streaming', 'tool_use', 'json_object', 'thinking'],
    modalities: ['text'],
    repairs: ['messages-stream'],
  },
  gpt: {
    protocol: 'chat-completions',
    vendor: 'openai',
    refuses: [
      'max-tokens-name',
      'stop',
      'reasoning-effort-with-tools',
      'sampling-while-reasoning',
      'reasoning_effort.minimal',
      'reasoning_effort.max',
      'replayed-reasoning',
      'long-call-ids',
    ],
    capabilities: ['text', 'vision', 'streaming', 'tool_use', 'json_object', 'json_schema'],
    modalities: ['text', 'image', 'document'],
  },
  gemini: {
    protocol: 'chat-completions',
    vendor: 'gemini',
    refuses: [
      'reasoning_effort.none',
      'reasoning_effort.xhigh',
      'reasoning_effort.max',
      'replayed-reasoning',
      'broken-arguments',
      'missing-thought-signature',
    ],
    capabilities: ['text', 'vision', 'streaming', 'tool_use', 'json_object', 'json_schema'],
  },
  'deepseek-chat': {
    protocol: 'chat-completions',
    vendor: 'deepseek',
    refuses: ['array-content', 'json-schema', 'forced-tool-choice-while-thinking', 'missing-reasoning', 'user-name'],
    capabilities: ['text', 'streaming', 'tool_use', 'json_object', 'thinking'],
    modalities: ['text'],
  },
  /** Any server of the protocol, with a model that shows its reasoning. */
  'own-server': {
    protocol: 'chat-completions',
    vendor: 'local',
    capabilities: ['text', 'vision', 'streaming', 'tool_use', 'thinking'],
    modalities: ['text', 'image'],
  },
} satisfies Record<string, Sketch>;

export type TargetName = keyof typeof SKETCHES;

export const targetNames = Object.keys(SKETCHES) as TargetName[];

export function targetNamed(name: TargetName): Target {
  const sketch: Sketch = SKETCHES[name];
  const route: Route = {
    vendor: sketch.vendor,
    protocol: sketch.protocol,
    model: `${name}-upstream`,
    refuses: sketch.refuses ?? [],
    allows: [],
    betas: [],
    repairs: sketch.repairs ?? [],
  };
  const card: Card = {
    id: name,
    name,
    vendor: sketch.vendor,
    family: sketch.vendor,
    series: { name },
    aliases: [],
    retired_names: [],
    released: '2026-01-01',
    summary: name,
    window: 200_000,
    max_output: sketch.maxOutput ?? 32_000,
    capabilities: sketch.capabilities ?? [
      ...(['text', 'vision', 'streaming', 'tool_use', 'json_object', 'json_schema', 'thinking'] as const),
    ],
    input_modalities: sketch.modalities ?? ['text', 'image', 'document'],
    output_modalities: ['text'],
    prices: [],
    routes: [route],
    tokens: {
      tokenizer: 'estimate',
      factor: 1,
      per_request: 0,
      per_message: 0,
      per_tool: 0,
      tools_once: 0,
      per_image: 0,
    },
    when_to_use: [],
    when_not_to_use: [],
    sources: [],
  };
  return { card, route, model: route.model };
}

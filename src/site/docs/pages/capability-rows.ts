import type { Capability, Card } from '../../../models/card.ts';
import { tokenLabel } from '../../../models/guards/alternatives.ts';
import type { Protocol } from '../../../protocols/protocol.ts';

const YES = '✅';
const NO = '❌';

/** Rows of the capability table: what, and whether or how the model has it. */
export function capabilityRows(card: Card, simulated: boolean): string[][] {
  const has = (capability: Capability): boolean => card.capabilities.includes(capability);
  const mark = (capability: Capability, how = ''): string => (has(capability) ? `${YES} ${how}`.trim() : NO);
  return [
    ['Chat Completions', `${YES} ${surface(card, 'chat-completions', simulated)}`.trim()],
    ['Anthropic Messages', `${YES} ${surface(card, 'messages', simulated)}`.trim()],
    ['Streaming (SSE)', mark('streaming')],
    ['Tool use (function calling)', mark('tool_use', has('parallel_tool_use') ? 'parallel' : 'one call at a time')],
    ['JSON mode', mark('json_object')],
    ['JSON schema', jsonSchema(card)],
    ['Reasoning chain', mark('thinking', '(`reasoning_content` field / `thinking` block)')],
    ['Vision (HTTP API)', mark('vision')],
    ['Audio and video input', audioAndVideo(card)],
    ['Web search', mark('web_search')],
    ['Prompt cache steered by `cache_control`', mark('cache_control')],
    ['Token log probabilities', mark('logprobs', '(Chat Completions)')],
    ['Context window', `${tokenLabel(card.window)} tokens (${card.window.toLocaleString('en-US')})`],
    [
      'Output limit',
      `${tokenLabel(card.max_output)} tokens (${card.max_output.toLocaleString('en-US')}), reasoning included`,
    ],
  ];
}

/** How a protocol reaches the model. A card without routes says nothing of it; the simulator answers for it all the same. */
export function surface(card: Card, protocol: Protocol, simulated: boolean): string {
  if (card.routes.length === 0) return simulated ? 'simulated' : '';
  return card.routes.some((route) => route.protocol === protocol) ? 'native' : 'translated';
}

function jsonSchema(card: Card): string {
  if (card.capabilities.includes('json_schema')) return `${YES} native`;
  return card.routes.some(({ refuses }) => refuses.includes('json-schema'))
    ? '➖ emulated in JSON mode; `strict: true` is refused: see [what to send instead](/docs/guides/tools-and-reasoning#structured-output)'
    : NO;
}

function audioAndVideo({ capabilities }: Card): string {
  const kinds = (['audio', 'video'] as const).filter((kind) => capabilities.includes(kind));
  return kinds.length === 0 ? NO : `${YES} ${kinds.join(', ')}`;
}

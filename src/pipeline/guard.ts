import {
  checkWindow,
  fitsWithoutCounting,
  guardImages,
  guardWebSearch,
  type OutputLimit,
  outputLimit,
  promptByteBound,
} from '../models/guards.ts';
import { IMAGE_OMITTED } from '../protocols/added-text.ts';
import type { Call } from './call.ts';
import { countInput } from './settle.ts';

const MARKER = JSON.stringify({ type: 'text', text: IMAGE_OMITTED });

/**
 * What the model's card says it cannot take, before anything is held or sent. Throws `unsupported_feature`,
 * `context_length_exceeded`; plans the markers for images that can be left out; settles the output limit. Waits only where
 * the prompt has to be counted.
 */
export function guard(call: Call): void | Promise<void> {
  const { body, card, protocol } = call;
  const cards = call.house.served;
  guardWebSearch({ body, card, cards });
  const images = guardImages({ protocol, body, card, cards });
  for (const { path } of images) call.edits.push({ path, set: MARKER });
  if (images.length > 0) call.notes.changed.add(protocol === 'messages' ? 'image' : 'image_url');
  call.inputBound = promptByteBound(body, card, call.bodyBytes);
  const asked = maxTokensAsked(call);
  if (fitsWithoutCounting(card, call.inputBound, asked)) {
    limitOutput(call, asked, outputLimit(card, asked));
    return;
  }
  return limitByCount(call, asked);
}

async function limitByCount(call: Call, asked: number | undefined): Promise<void> {
  const promptTokens = await countInput(call);
  const { card, house } = call;
  limitOutput(call, asked, checkWindow({ card, promptTokens, maxTokensAsked: asked, cards: house.served }));
}

function limitOutput(call: Call, asked: number | undefined, limit: OutputLimit): void {
  const larger = largerLimit(call);
  call.maxOutput = limit.maxTokens;
  call.maxOutputAsAsked = asked === limit.maxTokens && larger === undefined;
  if (limit.lowered) call.notes.changed.add('max_tokens');
  if (larger !== undefined) call.notes.changed.add(larger);
}

/** The smaller of the two where a Chat client sends both names. */
function maxTokensAsked({ protocol, body }: Call): number | undefined {
  const { max_tokens: given } = body;
  const newer = protocol === 'messages' ? undefined : body.max_completion_tokens;
  if (typeof newer !== 'number') return typeof given === 'number' ? given : undefined;
  return typeof given === 'number' ? Math.min(newer, given) : newer;
}

/** Where a Chat client sends both names and they differ: the one that asks for more than it gets. Upstreams could go by it. */
function largerLimit({ protocol, body }: Call): string | undefined {
  const { max_tokens: older, max_completion_tokens: newer } = body;
  if (protocol === 'messages' || typeof older !== 'number' || typeof newer !== 'number' || older === newer) {
    return undefined;
  }
  return newer > older ? 'max_completion_tokens' : 'max_tokens';
}

import {
  checkWindow,
  fitsWithoutCounting,
  guardImages,
  guardWebSearch,
  outputLimit,
  promptByteBound,
} from '../models/guards.ts';
import { IMAGE_OMITTED } from '../protocols/added-text.ts';
import type { Call } from './call.ts';
import { countInput } from './settle.ts';

const MARKER = JSON.stringify({ type: 'text', text: IMAGE_OMITTED });

/**
 * What the model's card says it cannot take, before anything is held or sent. Throws `unsupported_feature`,
 * `context_length_exceeded`; plans the markers for images that can be left out; settles the output limit.
 */
export async function guard(call: Call): Promise<void> {
  const { body, card, protocol } = call;
  const cards = call.house.served;
  guardWebSearch({ body, card, cards });
  const images = guardImages({ protocol, body, card, cards });
  for (const { path } of images) call.edits.push({ path, set: MARKER });
  if (images.length > 0) call.notes.changed.add(protocol === 'messages' ? 'image' : 'image_url');
  call.inputBound = promptByteBound(body, card, call.bodyBytes);
  const asked = maxTokensAsked(call);
  const limit = fitsWithoutCounting(card, call.inputBound, asked)
    ? outputLimit(card, asked)
    : checkWindow({ card, promptTokens: await countInput(call), maxTokensAsked: asked, cards });
  call.maxOutput = limit.maxTokens;
  call.maxOutputAsAsked = asked === limit.maxTokens;
  if (limit.lowered) call.notes.changed.add('max_tokens');
}

/** The smaller of the two where a Chat client sends both names. */
function maxTokensAsked({ protocol, body }: Call): number | undefined {
  const names = protocol === 'messages' ? ['max_tokens'] : ['max_completion_tokens', 'max_tokens'];
  const given = names.map((name) => body[name]).filter((value) => typeof value === 'number');
  return given.length === 0 ? undefined : Math.min(...given);
}

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
import { asNumber } from '../protocols/json.ts';
import type { Call } from './call.ts';
import { recall } from './recall.ts';
import { countInput } from './settle.ts';

const MARKER = JSON.stringify({ type: 'text', text: IMAGE_OMITTED });

/**
 * What the model's card says it cannot take, before anything is held or sent. Throws `unsupported_feature`,
 * `context_length_exceeded`; plans the markers for images that can be left out; settles the output limit. Waits only where
 * earlier turns have to be asked for or the prompt has to be counted.
 */
export function guard(call: Call): void | Promise<void> {
  const { body, card, protocol } = call;
  const cards = call.house.served;
  guardWebSearch({ body, card, cards });
  const images = guardImages({ protocol, body, card, cards });
  for (const { path } of images) call.edits.push({ path, set: MARKER });
  if (images.length > 0) call.notes.changed.add(protocol === 'messages' ? 'image' : 'image_url');
  const recalling = recall(call);
  return recalling === undefined ? guardWindow(call) : recalling.then(() => guardWindow(call));
}

function guardWindow(call: Call): void | Promise<void> {
  const { body, card } = call;
  call.inputBound = promptByteBound(body, card, call.bodyBytes) + (call.putBack?.size ?? 0);
  const asked = outputAsked(call);
  if (fitsWithoutCounting(card, call.inputBound, asked.tokens)) {
    limitOutput(call, asked, outputLimit(card, asked.tokens));
    return;
  }
  return limitByCount(call, asked);
}

async function limitByCount(call: Call, asked: AskedOutput): Promise<void> {
  const { tokens: promptTokens } = await countInput(call);
  const { card, house } = call;
  limitOutput(call, asked, checkWindow({ card, promptTokens, maxTokensAsked: asked.tokens, cards: house.served }));
}

function limitOutput(call: Call, { tokens, overruled }: AskedOutput, limit: OutputLimit): void {
  call.maxOutput = limit.maxTokens;
  call.maxOutputAsAsked = tokens === limit.maxTokens && overruled === undefined;
  if (limit.lowered) call.notes.changed.add('max_tokens');
  if (overruled !== undefined) call.notes.changed.add(overruled);
}

interface AskedOutput {
  tokens: number | undefined;
  /** The name under which a Chat client asks for more, beside the one that stands: an upstream could go by either. */
  overruled?: string;
}

/** The output limit that the client asks for: of the two names that Chat has for it, the smaller. */
function outputAsked({ protocol, body }: Call): AskedOutput {
  const older = asNumber(body.max_tokens);
  const newer = protocol === 'messages' ? undefined : asNumber(body.max_completion_tokens);
  if (older === undefined || newer === undefined || older === newer) return { tokens: newer ?? older };
  return newer > older
    ? { tokens: older, overruled: 'max_completion_tokens' }
    : { tokens: newer, overruled: 'max_tokens' };
}

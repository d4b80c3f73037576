import { GatewayError } from '../errors/catalogue.ts';
import { DOCUMENT_OMITTED } from '../protocols/added-text.ts';
import { asArray, asObject, asString } from '../protocols/json.ts';
import type { CureTable, Vendor } from './cure.ts';
import { chatCures } from './deepseek/chat-cures.ts';
import { blocksOf, FILE_BLOCKS, fileText } from './deepseek/content.ts';
import { messagesCures } from './deepseek/messages-cures.ts';

/** What is refused on both surfaces. */
const commonCures: CureTable = {
  /**
   * Files are not read there: one that is text goes as one, of the others one in the newest message is refused, one further
   * back gives way to a marker.
   */
  document: (view) => {
    const { card, route } = view;
    const chat = route.protocol !== 'messages';
    // On Chat Completions the simulator speaks for the cards of all vendors, and takes files as theirs do.
    if (chat && card.vendor !== 'deepseek') return;
    const newest = asArray(view.body.messages).findLastIndex((message) => asObject(message)?.role === 'user');
    for (const placed of blocksOf(view)) {
      const { block } = placed;
      if (!FILE_BLOCKS.has(asString(block.type) ?? '')) continue;
      const { path } = placed;
      const text = fileText(view, block);
      if (text === undefined && path[1] === newest && path.length === 4) {
        throw new GatewayError(
          'unsupported_feature',
          `${card.id} does not read \`${block.type}\` ${chat ? 'parts' : 'blocks'}: send the text itself, or use a model that reads documents.`,
          { param: `messages[${path[1]}].content[${path[3]}]` },
        );
      }
      const { cache_control } = block;
      view.edits.push({ path, set: JSON.stringify({ type: 'text', text: text ?? DOCUMENT_OMITTED, cache_control }) });
      if (text === undefined) view.notes.changed.add(asString(block.type)!);
    }
  },
};

/**
 * DeepSeek, with what it refuses on its two surfaces, and the cure of each. Facts: DeepSeek docs of 2026-09 and error texts
 * reported by users up to 2026-08; where enforcement comes and goes, the stricter behaviour is assumed.
 */
export const deepseek: Vendor = {
  cures: { ...commonCures, ...chatCures, ...messagesCures },
  /** The message's own id, a UUID. */
  madeSignature: (signature) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(signature),
  isOurFault: (message) => message === 'Model Not Exist',
};

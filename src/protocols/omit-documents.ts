import { GatewayError } from '../errors/catalogue.ts';
import { DOCUMENT_OMITTED } from './added-text.ts';
import { fieldName } from './field-names.ts';
import type { DocumentPart, NeutralMessage, NeutralRequest, TextPart, ToolResultPart } from './neutral.ts';
import type { Notes, Target } from './wire.ts';

type UserPart = Extract<NeutralMessage, { role: 'user' }>['parts'][number];
type ContentPart = Exclude<UserPart, ToolResultPart>;

/**
 * The turns with a marker in place of each document that this upstream cannot take, further back or in a tool result:
 * refusing those would freeze an agent's session for good. Throws `unsupported_feature` for one that stands in the newest
 * user message. `takes`: whether the upstream's protocol and model have a place for what comes in this form.
 */
export function omitDocuments(
  { messages, client }: NeutralRequest,
  target: Target,
  takes: (source: DocumentPart['source']) => boolean,
  notes: Notes,
): NeutralMessage[] {
  const cannotTake = (part: UserPart): part is DocumentPart => part.type === 'document' && !takes(part.source);
  const inside = (part: UserPart): boolean =>
    part.type === 'tool-result' ? part.parts.some(cannotTake) : cannotTake(part);
  if (!messages.some(({ role, parts }) => role === 'user' && parts.some(inside))) return messages;
  const omit = (part: ContentPart): ContentPart => {
    if (!cannotTake(part)) return part;
    notes.changed.add(fieldName('document', client));
    const marker: TextPart = { type: 'text', text: DOCUMENT_OMITTED };
    return part.cacheControl === undefined ? marker : { ...marker, cacheControl: part.cacheControl };
  };
  // A Chat client's results are messages of their own, and none of the user's.
  const newest = messages.findLastIndex(
    ({ role, parts }) =>
      role === 'user' && (client === 'messages' || parts.some((part) => part.type !== 'tool-result')),
  );
  return messages.map((message, index) => {
    if (message.role !== 'user') return message;
    const parts = message.parts.map((part): UserPart => {
      if (part.type === 'tool-result') return { ...part, parts: part.parts.map(omit) };
      if (index === newest && cannotTake(part)) throw refusal(part.source, target, fieldName('document', client));
      return omit(part);
    });
    return { ...message, parts };
  });
}

function refusal(source: DocumentPart['source'], { card }: Target, param: string): GatewayError {
  const what = source.kind === 'url' ? 'A document by URL' : 'A document';
  const advice = card.input_modalities.includes('document') ? 'send its content in base64' : 'send its text';
  return new GatewayError('unsupported_feature', `${what} cannot be sent to ${card.id}: ${advice}.`, { param });
}

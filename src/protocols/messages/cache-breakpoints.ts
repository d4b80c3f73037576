import type { JsonText, NeutralMessage, NeutralRequest } from '../neutral.ts';
import type { Notes } from '../wire.ts';

/** `cache_control` marks that Anthropic takes in one request; with more it refuses the whole. */
const MAX_BREAKPOINTS = 4;

/**
 * The request with no more marks than the upstream takes: the first, which is the prefix that conversations share, and
 * the last ones, which reach back over those between. A mark is no part of what is cached: leaving one out costs no hit.
 */
export function limitBreakpoints(request: NeutralRequest, notes: Notes): NeutralRequest {
  let total = 0;
  markEach(request, (cacheControl) => {
    total++;
    return cacheControl;
  });
  // The mark of the whole prompt is one of them.
  const most = request.cacheControl === undefined ? MAX_BREAKPOINTS : MAX_BREAKPOINTS - 1;
  if (total <= most) return request;
  notes.changed.add('cache_control');
  let at = 0;
  return markEach(request, (cacheControl) => {
    const place = at++;
    return place === 0 || place > total - most ? cacheControl : undefined;
  });
}

interface Markable {
  cacheControl?: JsonText | undefined;
}

/** The request with each of its marks replaced by what `mark` says, in the order of the prompt: tools, system, turns. */
function markEach(request: NeutralRequest, mark: (cacheControl: JsonText) => JsonText | undefined): NeutralRequest {
  const marked = <T extends Markable>(part: T): T => {
    if (part.cacheControl === undefined) return part;
    const { cacheControl, ...rest } = part;
    const kept = mark(cacheControl);
    return (kept === undefined ? rest : part) as T;
  };
  const turn = (message: NeutralMessage): NeutralMessage => {
    switch (message.role) {
      case 'system':
        return { ...message, parts: message.parts.map(marked) };
      case 'assistant':
        return { ...message, parts: message.parts.map((part) => marked<typeof part & Markable>(part)) };
      case 'user':
        return {
          ...message,
          parts: message.parts.map((part) =>
            part.type === 'tool-result' ? marked({ ...part, parts: part.parts.map(marked) }) : marked(part),
          ),
        };
    }
  };
  return {
    ...request,
    tools: request.tools.map(marked),
    system: request.system.map(marked),
    messages: request.messages.map(turn),
  };
}

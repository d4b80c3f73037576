import type { JsonObject } from './json.ts';
import type { NeutralReasoning } from './neutral.ts';
import type { Notes } from './wire.ts';

/** `thinking.type`. `between_tools`, and what may come after it, is thinking that the model doses itself: listed. */
export function readThinkingType(thinking: JsonObject | undefined, notes: Notes): NeutralReasoning['mode'] {
  const type = thinking?.type ?? undefined;
  if (type === undefined || type === 'enabled' || type === 'disabled' || type === 'adaptive') return type;
  notes.changed.add('thinking.type');
  return 'adaptive';
}

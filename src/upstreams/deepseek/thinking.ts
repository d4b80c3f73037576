import { asObject, type JsonObject } from '../../protocols/json.ts';
import type { RequestView } from '../cure.ts';

export function isThinking(body: JsonObject): boolean {
  if (body.reasoning_effort === 'none') return false;
  return asObject(body.thinking)?.type !== 'disabled';
}

export function stopThinking(view: RequestView): void {
  view.edits.push({ path: ['thinking'], set: '{"type":"disabled"}' });
  view.notes.changed.add('thinking');
}

import { asObject } from '../../protocols/json.ts';
import type { RequestView } from '../cure.ts';

/** Whether it will think: it does unless told not to, by the client or by a cure before. */
export function isThinking({ body, edits }: RequestView): boolean {
  if (body.reasoning_effort === 'none') return false;
  return asObject(body.thinking)?.type !== 'disabled' && !edits.some(({ path }) => path[0] === 'thinking');
}

export function stopThinking(view: RequestView): void {
  view.edits.push({ path: ['thinking'], set: '{"type":"disabled"}' });
  view.notes.changed.add('thinking');
}

import type { Cure } from './cure.ts';

/**
 * Chat Completions has two names for the output limit, and these servers take one: `name`, and not `other`. Where both are
 * there they are the same by now (see the guard); `null` under either is as good as nothing.
 */
export const limitUnder =
  (name: string, other: string): Cure =>
  ({ body, edits }) => {
    if (body[other] === undefined) return;
    if (typeof body[name] === 'number') {
      edits.push({ path: [other], remove: true });
      return;
    }
    if (body[name] !== undefined) edits.push({ path: [name], remove: true });
    edits.push({ path: [other], rename: name });
  };

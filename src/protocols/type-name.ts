/**
 * A `type` of the client's for an error's text. What is no plain name is not repeated: it may be anything, even an object
 * that cannot become a string, and errors repeat no prompt.
 */
export const typeName = (type: unknown): string =>
  typeof type === 'string' && /^[A-Za-z0-9_.:-]{1,64}$/.test(type) ? type : 'unknown';

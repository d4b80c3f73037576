/** What DeepSeek takes as the name of an end user, on both of its surfaces. */
export const isUserId = (id: string): boolean => /^[A-Za-z0-9_-]{1,512}$/.test(id);

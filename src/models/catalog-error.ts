/** A catalog that cannot be used. It stops the start (exit 2): one line, with file, field and what is allowed. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  /** Every problem found, the first of which is in the message. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const [first = 'unknown problem'] = problems;
    super(problems.length > 1 ? `${first} (and ${problems.length - 1} more)` : first);
    this.problems = problems;
  }
}

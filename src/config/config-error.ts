/**
 * A setting that stops the start. Its message is one line, made for the operator: which variable or field,
 * what is wrong with it, what is allowed. The process ends with exit code 2.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** The variable or field as the operator wrote it: `BYTESPIKE_PORT`, `bytespike.yaml: upstreams[0].weight`. */
  readonly field: string;

  /** `allowed` is left out where `problem` says it. */
  constructor(field: string, problem: string, allowed?: string) {
    super(oneLine(allowed === undefined ? `${field}: ${problem}` : `${field}: ${problem}; allowed: ${allowed}`));
    this.field = field;
  }
}

/**
 * What a setting names cannot be used now, though the setting is right: a disk without room. One line too: which one, what
 * is wrong, what to do. Exit code 1, for the next start may find it mended.
 */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';

  constructor(field: string, problem: string, advice: string) {
    super(oneLine(`${field}: ${problem}; ${advice}`));
  }
}

/** Thrown by a value parser, which does not know the name of what it parses. */
export class Refusal extends Error {
  readonly problem: string;
  readonly allowed: string;

  constructor(problem: string, allowed: string) {
    super(problem);
    this.problem = problem;
    this.allowed = allowed;
  }

  /** The same complaint with the name of the setting. */
  at(field: string): ConfigError {
    return new ConfigError(field, this.problem, this.allowed);
  }
}

/** Quotes an operator's value for a message; long ones are cut, control characters escaped. Never for secrets. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

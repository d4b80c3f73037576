/** A WHERE clause in the making: SQL text written here, values always bound. */
export class Conditions {
  readonly #parts: string[] = [];
  readonly values: (string | number | bigint)[] = [];

  /** Adds nothing when the value that it needs is undefined. */
  add(sql: string, ...value: [(string | number | bigint | undefined)?]): this {
    if (value.length > 0) {
      if (value[0] === undefined) return this;
      this.values.push(value[0]);
    }
    this.#parts.push(sql);
    return this;
  }

  get sql(): string {
    return this.#parts.length === 0 ? '1' : this.#parts.join(' AND ');
  }
}

import { emptyUsage, MAX_COUNT, totalOutput, type Usage, withoutOutput } from '../usage.ts';

/** `usage` of a Messages answer as we send it. `input_tokens` excludes what the cache read or wrote. */
interface MessagesUsageReport {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  /** All output, thinking included. */
  output_tokens: number;
  output_tokens_details: { thinking_tokens: number };
}

/**
 * Collects the `usage` objects of one Messages answer: one of a whole answer; of a stream, that of `message_start` and of
 * every `message_delta`. Numbers are totals so far: a later one overwrites field by field, null or absent keeps what was
 * there, nothing is ever added (Anthropic SDK 1.12.0). Input that was told stays when all that comes later is zero, and the
 * output of `message_start` is a placeholder until a later report names it.
 *
 * `iterations` lists what the answer took, sampling by sampling. What it took to compact the context stands there and not in
 * the fields, so it is added to them; all other entries stand in the fields already.
 */
export class MessagesUsage {
  #seen = false;
  #contradicted = false;
  #input = 0;
  #cacheRead = 0;
  #cacheWrite = 0;
  #cacheWrite5m: number | undefined;
  #cacheWrite1h: number | undefined;
  #output = 0;
  #thinking = 0;
  #inputTold = false;
  #outputTold = false;
  /** How much of the answer there was when output was told last. */
  #reported = 0;
  #compaction: Usage | undefined;

  /**
   * `from` is where the report stands: that of `message_start` cannot know the output. `written` is how much of the answer has
   * come, in any measure that grows with it. Returns whether the report tells the output so far.
   */
  update(raw: unknown, from: 'start' | 'end' = 'end', written = 0): boolean {
    if (!isRecord(raw)) return false;
    const output = this.#count(raw.output_tokens);
    this.#output = output ?? this.#output;
    const tellsOutput = output !== undefined && from === 'end';
    if (tellsOutput) {
      this.#outputTold = true;
      this.#reported = written;
    }
    if (isRecord(raw.output_tokens_details)) {
      this.#thinking = this.#count(raw.output_tokens_details.thinking_tokens) ?? this.#thinking;
    }
    this.#updateInput(raw);
    if (Array.isArray(raw.iterations) && raw.iterations.length > 0) this.#updateCompaction(raw.iterations);
    return tellsOutput;
  }

  #updateInput(raw: Record<string, unknown>): void {
    const input = this.#count(raw.input_tokens);
    const cacheRead = this.#count(raw.cache_read_input_tokens);
    const total = this.#count(raw.cache_creation_input_tokens);
    const split = isRecord(raw.cache_creation) ? raw.cache_creation : undefined;
    const fiveMinutes = this.#count(split?.ephemeral_5m_input_tokens);
    const oneHour = this.#count(split?.ephemeral_1h_input_tokens);
    if (input !== undefined) this.#inputTold = true;
    // Servers that know the prompt at the start send zeros at the end.
    const nothing = !input && !cacheRead && !total && !fiveMinutes && !oneHour;
    if (nothing && this.#input + this.#cacheRead + this.#cacheWrite > 0) return;
    // The same input with a zero where the cache was: it is the cache that was not told again (D10 of the known faults).
    const again = input === this.#input;
    this.#input = input ?? this.#input;
    this.#cacheRead = (again ? cacheRead || undefined : cacheRead) ?? this.#cacheRead;
    this.#cacheWrite = (again ? total || undefined : total) ?? this.#cacheWrite;
    if (split === undefined || (again && !fiveMinutes && !oneHour)) return;
    this.#cacheWrite5m = fiveMinutes ?? this.#cacheWrite5m;
    this.#cacheWrite1h = oneHour ?? this.#cacheWrite1h;
    // A report with the split alone: its sum is the total.
    if (total === undefined) this.#cacheWrite = (this.#cacheWrite5m ?? 0) + (this.#cacheWrite1h ?? 0);
  }

  /** The list is of all so far, as the other numbers are. */
  #updateCompaction(iterations: readonly unknown[]): void {
    const sum = emptyUsage();
    for (const entry of iterations) {
      if (!isRecord(entry) || entry.type !== 'compaction') continue;
      // Its counts have the names that a report's have; a list of its own it has not.
      const usage = readMessagesUsage({ ...entry, iterations: undefined });
      if (usage === undefined) continue;
      this.#seen = true;
      add(sum, usage);
    }
    this.#compaction = sum;
  }

  /** Undefined until any count was reported. `written`: as for `update`; where more came after output was told, that is the least. */
  result(written = 0): Usage | undefined {
    if (!this.#seen) return undefined;
    let contradicted = this.#contradicted;
    // The total is the newest word: `message_delta` repeats it without the split. What the split leaves is billed as 5 m.
    const cacheWrite1h = Math.min(this.#cacheWrite1h ?? 0, this.#cacheWrite);
    if ((this.#cacheWrite1h ?? 0) + (this.#cacheWrite5m ?? 0) > this.#cacheWrite) contradicted = true;
    const reasoning = Math.min(this.#thinking, this.#output);
    if (this.#thinking > this.#output) contradicted = true;
    const usage: Usage = {
      input: {
        uncached: this.#input,
        cacheRead: this.#cacheRead,
        cacheWrite5m: this.#cacheWrite - cacheWrite1h,
        cacheWrite1h,
      },
      output: { text: this.#output - reasoning, reasoning },
      source: 'upstream',
    };
    if (!this.#inputTold) usage.missing = { input: true };
    if (contradicted) usage.clamped = true;
    if (this.#compaction !== undefined) add(usage, this.#compaction);
    return this.#outputTold && written <= this.#reported ? usage : withoutOutput(usage);
  }

  #count(value: unknown): number | undefined {
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
    this.#seen = true;
    if (Number.isInteger(value) && value >= 0 && value <= MAX_COUNT) return value;
    this.#contradicted = true;
    return Math.min(Math.max(0, Math.floor(value)), MAX_COUNT);
  }
}

/** A list may be of any length: its sum is bent as a count is. */
function add(sum: Usage, { input, output, clamped }: Usage): void {
  if (clamped) sum.clamped = true;
  const plus = (a: number, b: number): number => {
    if (a + b > MAX_COUNT) sum.clamped = true;
    return Math.min(a + b, MAX_COUNT);
  };
  sum.input.uncached = plus(sum.input.uncached, input.uncached);
  sum.input.cacheRead = plus(sum.input.cacheRead, input.cacheRead);
  sum.input.cacheWrite5m = plus(sum.input.cacheWrite5m, input.cacheWrite5m);
  sum.input.cacheWrite1h = plus(sum.input.cacheWrite1h, input.cacheWrite1h);
  sum.output.text = plus(sum.output.text, output.text);
  sum.output.reasoning = plus(sum.output.reasoning, output.reasoning);
}

/** Reads the `usage` of a whole Messages answer. */
export function readMessagesUsage(raw: unknown): Usage | undefined {
  const usage = new MessagesUsage();
  usage.update(raw);
  return usage.result();
}

export function messagesUsage(usage: Usage): MessagesUsageReport {
  const { uncached, cacheRead, cacheWrite5m, cacheWrite1h } = usage.input;
  return {
    input_tokens: uncached,
    cache_creation_input_tokens: cacheWrite5m + cacheWrite1h,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h },
    output_tokens: totalOutput(usage),
    output_tokens_details: { thinking_tokens: usage.output.reasoning },
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

import { MAX_COUNT, totalInput, totalOutput, type Usage } from '../usage.ts';

/** `usage` of a Chat Completions answer as we send it. */
interface ChatUsage {
  /** All input, cached tokens included. */
  prompt_tokens: number;
  /** All output, reasoning included. */
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: {
    cached_tokens: number;
    cache_write_tokens: number;
    /** Where some of it was written to live an hour, at another price: the name is LiteLLM's. */
    cache_creation_token_details?: { ephemeral_5m_input_tokens: number; ephemeral_1h_input_tokens: number };
  };
  completion_tokens_details: { reasoning_tokens: number };
}

/**
 * Reads the `usage` object of a Chat Completions answer or chunk into disjoint buckets. Undefined when it reports nothing
 * (absent, null, or without a single count). Two conventions differ between vendors of this protocol:
 * - the cached share is `prompt_tokens_details.cached_tokens`, at DeepSeek also `prompt_cache_hit_tokens` (either may be
 *   missing), at Kimi `cached_tokens`, and part of `prompt_tokens` in all cases (DeepSeek docs 2026-09, OpenAI SDK);
 *   what was written to the cache has a name more at each server that tells it. Gateways in front of Bedrock leave both out
 *   of `prompt_tokens`: `total_tokens` has just them beyond the sum. So it is with what Mistral's models hear (`audio_tokens`);
 * - reasoning is part of `completion_tokens` at OpenAI and DeepSeek, but beside it at xAI and on Gemini's compatible
 *   surface. `total_tokens` tells which: it holds the reasoning that `completion_tokens` leaves out.
 */
export function readChatUsage(raw: unknown): Usage | undefined {
  if (!isRecord(raw)) return undefined;
  const read = new CountReader();
  const promptDetails = isRecord(raw.prompt_tokens_details) ? raw.prompt_tokens_details : {};
  const completionDetails = isRecord(raw.completion_tokens_details) ? raw.completion_tokens_details : {};

  const hit = read.count(raw.prompt_cache_hit_tokens);
  const miss = read.count(raw.prompt_cache_miss_tokens);
  const cached = read.first(promptDetails.cached_tokens, raw.cached_tokens, raw.cache_read_input_tokens);
  const written = read.first(
    promptDetails.cache_write_tokens,
    // LiteLLM, DashScope, LiteLLM again.
    promptDetails.cache_creation_tokens,
    promptDetails.cache_creation_input_tokens,
    raw.cache_creation_input_tokens,
  );
  const completion = read.count(raw.completion_tokens);
  const total = read.count(raw.total_tokens);
  const prompt = read.count(raw.prompt_tokens) ?? sum(hit, miss) ?? difference(total, completion);
  if (prompt === undefined && completion === undefined) return undefined;
  // Of numbers that had to be bent the difference tells nothing.
  const comparable = total !== undefined && !read.contradicted;

  if (hit !== undefined && cached !== undefined && hit !== cached) read.contradicted = true;
  const told = completion ?? difference(total, prompt);
  const output = told ?? 0;
  const reported = read.count(completionDetails.reasoning_tokens) ?? 0;
  const beyond = comparable ? total - (prompt ?? 0) - output : 0;
  const cache = (hit ?? cached ?? 0) + (written ?? 0);
  const cacheBeside = cache > 0 && beyond === cache && reported !== cache ? cache : 0;

  const heardBeside = beyond > 0 && promptDetails.audio_tokens === beyond && reported !== beyond ? beyond : 0;
  const inputBeside = cacheBeside || heardBeside;

  const input = (prompt ?? 0) + inputBeside;
  const cacheRead = read.atMost(hit ?? cached ?? 0, input);
  const cacheWrite = read.atMost(written ?? 0, input - cacheRead);
  const lives = isRecord(promptDetails.cache_creation_token_details) ? promptDetails.cache_creation_token_details : {};
  const cacheWrite1h = read.atMost(read.count(lives.ephemeral_1h_input_tokens) ?? 0, cacheWrite);

  const rest = beyond - inputBeside;
  // Beside the completion: the total has room for all the reasoning, or has room and names no reasoning at all.
  const beside = rest > 0 && rest >= reported ? reported || rest : 0;
  const within = beside > 0 ? 0 : read.atMost(reported, output);

  const usage: Usage = {
    input: {
      uncached: input - cacheRead - cacheWrite,
      cacheRead,
      cacheWrite5m: cacheWrite - cacheWrite1h,
      cacheWrite1h,
    },
    output: { text: output - within, reasoning: beside + within },
    source: 'upstream',
  };
  if (prompt === undefined) usage.missing = { input: true };
  if (told === undefined) usage.missing = { output: true };
  if (read.contradicted) usage.clamped = true;
  return usage;
}

export function chatUsage(usage: Usage): ChatUsage {
  const input = totalInput(usage);
  const output = totalOutput(usage);
  const { cacheRead, cacheWrite5m, cacheWrite1h } = usage.input;
  const lives = { ephemeral_5m_input_tokens: cacheWrite5m, ephemeral_1h_input_tokens: cacheWrite1h };
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: {
      cached_tokens: cacheRead,
      cache_write_tokens: cacheWrite5m + cacheWrite1h,
      ...(cacheWrite1h > 0 && { cache_creation_token_details: lives }),
    },
    completion_tokens_details: { reasoning_tokens: usage.output.reasoning },
  };
}

/** Reads counts and remembers whether any of them had to be bent. */
class CountReader {
  contradicted = false;

  /** A non-negative integer, or undefined for anything that is no number (`cached_tokens: null` occurs). */
  count(value: unknown): number | undefined {
    if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
    if (Number.isInteger(value) && value >= 0 && value <= MAX_COUNT) return value;
    this.contradicted = true;
    return Math.min(Math.max(0, Math.floor(value)), MAX_COUNT);
  }

  /** Of names for the same count the first that is one. */
  first(...values: unknown[]): number | undefined {
    return this.count(values.find((value) => typeof value === 'number'));
  }

  atMost(value: number, limit: number): number {
    if (value <= limit) return value;
    this.contradicted = true;
    return limit;
  }
}

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;

/** `a - b`, never negative. Undefined when either is unknown. */
const difference = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(0, a - b);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

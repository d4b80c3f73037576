/** What an answer used, in DeepSeek's counts. */
export interface SimUsage {
  promptTokens: number;
  /** Part of the prompt. */
  cachedTokens: number;
  /** Reasoning included. */
  outputTokens: number;
  /** Undefined where the model does not think: then the field is absent. */
  reasoningTokens: number | undefined;
}

/** `usage` of the Chat Completions surface, keys in its order. Source: recorded answers of 2025-12. */
export function chatUsage(usage: SimUsage): object {
  const { promptTokens, cachedTokens, outputTokens, reasoningTokens } = usage;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: outputTokens,
    total_tokens: promptTokens + outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
    ...(reasoningTokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
    prompt_cache_hit_tokens: cachedTokens,
    prompt_cache_miss_tokens: promptTokens - cachedTokens,
  };
}

/** `usage` of the Messages surface: input without what the cache gave; writes are never counted. */
export function messagesUsage(usage: SimUsage): object {
  return {
    input_tokens: usage.promptTokens - usage.cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedTokens,
    output_tokens: usage.outputTokens,
    service_tier: 'standard',
  };
}

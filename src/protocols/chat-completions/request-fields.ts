import { DROP, type FieldRule, READ } from '../extras.ts';
import { isEmptyArray, isObject } from '../json.ts';

const isZero = (value: unknown): boolean => value === 0;
const isFalse = (value: unknown): boolean => value === false;
const isEmptyObject = (value: unknown): boolean => isObject(value) && Object.keys(value).length === 0;

const NO_LOGPROBS: FieldRule = {
  fate: 'refuse',
  harmless: (value) => value === false || value === 0,
  code: 'unsupported_parameter',
  advice: 'its upstream gives no log probabilities. Leave it out, or use a model with the logprobs capability.',
};
const NO_FUNCTIONS: FieldRule = {
  fate: 'refuse',
  harmless: isEmptyArray,
  code: 'unsupported_parameter',
  advice: 'it is the form before `tools`. Send `tools` and `tool_choice`.',
};
const NO_SERVER_TOOLS: FieldRule = {
  fate: 'refuse',
  harmless: isFalse,
  code: 'unsupported_feature',
  advice: 'nothing searches on its behalf. Leave it out, or give the model a search tool of your own.',
};
/** Refused by the road unless the route allows it; what comes through has no counterpart. */
const accountField = (harmless: (value: unknown) => boolean): FieldRule => ({ fate: 'drop', harmless });

/**
 * Every top-level field of a Chat Completions request and what translation to another protocol does with it. Fields that
 * stand nowhere here are dropped and listed. Fields as of OpenAI SDK 7, with the vendors' own that clients use.
 */
export const chatFields: Record<string, FieldRule> = {
  model: READ,
  messages: READ,
  max_tokens: READ,
  max_completion_tokens: READ,
  temperature: READ,
  top_p: READ,
  /** vLLM and others. */
  top_k: READ,
  stop: READ,
  stream: READ,
  stream_options: READ,
  tools: READ,
  tool_choice: READ,
  parallel_tool_calls: READ,
  response_format: READ,
  reasoning_effort: READ,
  /** DeepSeek's switch, `{"type":"disabled"}`. */
  thinking: READ,
  /** `{"enabled":true}`, `{"effort":"high"}`, `{"max_tokens":4096}`. */
  reasoning: READ,
  user: READ,
  safety_identifier: READ,
  /** Anthropic's, as clients of its models send it. */
  cache_control: READ,

  n: {
    fate: 'refuse',
    harmless: (value) => value === 1,
    code: 'unsupported_parameter',
    advice: 'its upstream gives one choice per request. Send `n: 1`, or the request several times.',
  },
  logprobs: NO_LOGPROBS,
  top_logprobs: NO_LOGPROBS,
  audio: {
    fate: 'refuse',
    code: 'unsupported_feature',
    advice: 'its answers are text. Leave `audio` out.',
  },
  modalities: {
    fate: 'refuse',
    harmless: (value) => Array.isArray(value) && value.every((modality) => modality === 'text'),
    code: 'unsupported_feature',
    advice: 'its answers are text. Send `["text"]` or leave it out.',
  },
  functions: NO_FUNCTIONS,
  function_call: { ...NO_FUNCTIONS, harmless: (value) => value === 'none' || value === 'auto' },
  web_search_options: NO_SERVER_TOOLS,
  web_search: NO_SERVER_TOOLS,
  grounding: NO_SERVER_TOOLS,

  frequency_penalty: { fate: 'drop', harmless: isZero },
  presence_penalty: { fate: 'drop', harmless: isZero },
  logit_bias: { fate: 'drop', harmless: isEmptyObject },
  seed: DROP,
  metadata: { fate: 'drop', harmless: isEmptyObject },
  moderation: DROP,
  prediction: DROP,
  prompt_cache_key: DROP,
  prompt_cache_options: DROP,
  prompt_cache_retention: DROP,
  verbosity: DROP,

  service_tier: accountField((value) => value === 'auto' || value === 'default'),
  store: accountField(isFalse),
  speed: accountField((value) => value === 'standard'),
  container: accountField(() => false),
  previous_response_id: accountField(() => false),
  mcp_servers: accountField(isEmptyArray),
};

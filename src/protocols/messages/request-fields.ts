import { DROP, type FieldRule, READ } from '../extras.ts';
import { isEmptyArray } from '../json.ts';

/** Refused by the road unless the route allows it; what comes through has no counterpart. */
const accountField = (harmless: (value: unknown) => boolean = () => false): FieldRule => ({ fate: 'drop', harmless });

/**
 * Every top-level field of a Messages request and what translation to another protocol does with it. Fields that stand
 * nowhere here are dropped and listed: coding agents send new ones every month, and retry a refusal six times.
 * Fields as of Anthropic SDK 1.12.
 */
export const messagesFields: Record<string, FieldRule> = {
  model: READ,
  messages: READ,
  max_tokens: READ,
  system: READ,
  temperature: READ,
  top_p: READ,
  top_k: READ,
  stop_sequences: READ,
  stream: READ,
  tools: READ,
  tool_choice: READ,
  thinking: READ,
  output_config: READ,
  /** The name of `output_config.format` while it was in beta. */
  output_format: READ,
  metadata: READ,

  cache_control: DROP,
  context_management: DROP,
  diagnostics: DROP,
  user_profile_id: DROP,
  workspace_id: DROP,

  service_tier: accountField((value) => value === 'auto' || value === 'standard_only'),
  speed: accountField((value) => value === 'standard'),
  container: accountField(),
  previous_response_id: accountField(),
  store: accountField((value) => value === false),
  inference_geo: accountField((value) => value === 'global'),
  mcp_servers: accountField(isEmptyArray),
  fallbacks: accountField(isEmptyArray),
  fallback_credit_token: accountField(),
  thread: accountField(),
};

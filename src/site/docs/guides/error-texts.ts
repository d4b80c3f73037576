import type { ErrorCode } from '../../../errors/catalogue.ts';

interface ErrorText {
  when: string;
  /** What the caller can do. */
  cure: string;
}

/** What each error of the catalogue means to a caller. Codes, statuses and types are the catalogue's. */
export const errorTexts: Record<ErrorCode, ErrorText> = {
  invalid_param: {
    when: 'A field is missing or of the wrong type, or the body is no JSON in UTF-8.',
    cure: '`param` and the message name the field and what it must be.',
  },
  unsupported_parameter: {
    when: 'A field asks for what cannot be had here, or names state in an upstream account.',
    cure: 'Leave the field out that the message names.',
  },
  unsupported_feature: {
    when: 'The model has no such ability: vision, web search, a kind of content.',
    cure: 'Take one of the models that the message names, or leave it out.',
  },
  context_length_exceeded: {
    when: 'The prompt, or the prompt and `max_tokens`, pass the window of the model.',
    cure: 'Send less, or take one of the models with a longer window that the message names.',
  },
  model_retired: { when: 'The name was retired.', cure: 'Use the successor that the message names.' },
  upstream_rejected: {
    when: 'The upstream itself refused the request. Its wording is kept, and its own `code` where it sent one.',
    cure: 'Mend what the message says.',
  },
  invalid_api_key: {
    when: 'The key is missing, malformed, unknown, revoked, disabled or expired.',
    cure: 'Send a valid key: [authentication](/docs/guides/authentication).',
  },
  insufficient_balance: {
    when: 'The wallet cannot hold what this request may cost at most.',
    cure: 'Have the wallet topped up, or ask for fewer tokens.',
  },
  quota_exceeded: {
    when: 'The lifetime quota of the key cannot hold what this request may cost at most.',
    cure: 'Have the quota raised, or ask for fewer tokens.',
  },
  permission_denied: {
    when: 'The key may not be used from this address, or the host or origin is not allowed.',
    cure: 'Send it from an allowed place, or have the rules of the key changed.',
  },
  model_not_in_group: {
    when: 'The key does not reach this model.',
    cure: 'Take one that `GET /v1/models` lists, or have the key changed.',
  },
  model_not_found: { when: 'No model has this name.', cure: 'Take one of the nearest names, which the message has.' },
  not_found: { when: 'There is nothing at this path or under this id.', cure: 'The message says what to use instead.' },
  method_not_allowed: { when: 'The path knows other methods.', cure: 'Use the one in the message.' },
  conflict: {
    when: 'The change contradicts what is stored, such as a name that is taken.',
    cure: 'Read the current state, then try again.',
  },
  request_too_large: {
    when: 'The body is too large: over 32 MiB after decoding on inference, or more than the upstream takes.',
    cure: 'Send less.',
  },
  unsupported_media_type: { when: 'The body is not declared as JSON.', cure: 'Send `content-type: application/json`.' },
  rate_limit_exceeded: {
    when: 'Requests or tokens a minute are used up, or running calls hold what this one needs. On `/api`: too many wrong admin tokens came from the address.',
    cure: 'Wait for `retry-after` seconds, at most 60, and send it again.',
  },
  usd_window_exceeded: {
    when: 'A USD window of the key is used up.',
    cure: 'Wait until the time in the message. Programs should not retry.',
  },
  concurrency_limit: {
    when: 'The key has as many requests in flight as it may.',
    cure: 'Send it again when one of them has ended.',
  },
  internal_error: {
    when: 'The gateway failed. Nothing was charged.',
    cure: 'Tell the operator the request id; the log has the cause.',
  },
  upstream_error: {
    when: 'The upstream answered nonsense or broke off, or refused the operator’s own account.',
    cure: 'Send it again; if it stays, tell the operator the request id.',
  },
  no_available_upstream: {
    when: 'No upstream of this installation serves the model, or none can be reached.',
    cure: 'Take another model, or have an upstream configured.',
  },
  upstream_overloaded: {
    when: 'The upstream has no room now.',
    cure: 'Send it again in a moment, or after `retry-after` seconds where that is sent.',
  },
  storage_unavailable: {
    when: 'The gateway cannot store a charge now, so it takes no request that costs.',
    cure: 'Send it again shortly.',
  },
  upstream_timeout: {
    when: 'The upstream did not answer in time, or fell silent.',
    cure: 'Send it again, or ask for a shorter answer.',
  },
  loop_detected: {
    when: 'An upstream leads back to this gateway.',
    cure: 'The operator has to correct the base URL of that upstream.',
  },
};

/**
 * Every error that a client can see: one row each. HTTP status, the code and type of a Chat Completions answer,
 * the type of a Messages answer, and whether the same request may succeed when it is sent again.
 * The wording is given where the error is raised; the protocol folders give it its shape. Where all errors of a row have the
 * same cure, `ADVICE` has it.
 * Source: contract section 5.
 */
export const catalogue = {
  invalid_param: row(400, 'invalid_request_error', 'invalid_request_error', false),
  unsupported_parameter: row(400, 'invalid_request_error', 'invalid_request_error', false),
  unsupported_feature: row(400, 'invalid_request_error', 'invalid_request_error', false),
  context_length_exceeded: row(400, 'invalid_request_error', 'invalid_request_error', false),
  model_retired: row(400, 'invalid_request_error', 'invalid_request_error', false),
  /** The upstream's own refusal of the request, its wording kept. */
  upstream_rejected: row(400, 'invalid_request_error', 'invalid_request_error', false),
  invalid_api_key: row(401, 'authentication_error', 'authentication_error', false),
  insufficient_balance: row(402, 'insufficient_credits', 'billing_error', false),
  quota_exceeded: row(402, 'insufficient_credits', 'billing_error', false),
  permission_denied: row(403, 'permission_error', 'permission_error', false),
  model_not_in_group: row(403, 'permission_error', 'permission_error', false),
  model_not_found: row(404, 'invalid_request_error', 'not_found_error', false),
  not_found: row(404, 'invalid_request_error', 'not_found_error', false),
  method_not_allowed: row(405, 'invalid_request_error', 'invalid_request_error', false),
  conflict: row(409, 'invalid_request_error', 'invalid_request_error', false),
  request_too_large: row(413, 'invalid_request_error', 'request_too_large', false),
  unsupported_media_type: row(415, 'invalid_request_error', 'invalid_request_error', false),
  /** RPM or TPM, or only the holds of running calls stand in the way: seconds at most. */
  rate_limit_exceeded: row(429, 'rate_limit_error', 'rate_limit_error', true),
  /** A USD window of the key is used up: waiting does not help a program. Same code on the wire as the row above. */
  usd_window_exceeded: row(429, 'rate_limit_error', 'rate_limit_error', false, 'rate_limit_exceeded'),
  concurrency_limit: row(429, 'rate_limit_error', 'rate_limit_error', true),
  internal_error: row(500, 'api_error', 'api_error', undefined),
  upstream_error: row(502, 'api_error', 'api_error', undefined),
  no_available_upstream: row(503, 'api_error', 'api_error', true),
  /** The upstream's own 429, 503 or 529. Messages clients get 529 `overloaded_error`. */
  upstream_overloaded: row(503, 'api_error', 'overloaded_error', true, undefined, 529),
  /** Our own storage cannot take a charge: refused before it costs anything. */
  storage_unavailable: row(503, 'api_error', 'api_error', true, 'internal_error'),
  upstream_timeout: row(504, 'api_error', 'timeout_error', undefined),
  loop_detected: row(508, 'api_error', 'api_error', false),
} as const satisfies Record<string, CatalogueRow>;

export type ErrorCode = keyof typeof catalogue;

const AGAIN = 'Send the request again; if it keeps failing, use another model or tell the operator the request id.';
/** What to do where it is not the request that is wrong: said after what is wrong. */
const ADVICE: Partial<Record<ErrorCode, string>> = {
  upstream_error: AGAIN,
  upstream_timeout: AGAIN,
  upstream_overloaded: 'Send the request again in a moment.',
};

export interface CatalogueRow {
  /** HTTP status on Chat Completions and on our own routes. */
  status: number;
  /** HTTP status on Messages where it differs. */
  messagesStatus: number;
  /** `error.code` on the wire, where it is not the row's own name. */
  wireCode: string | undefined;
  chatType: string;
  messagesType: string;
  /** Value of `x-should-retry` before the first byte; undefined: the header is left out. */
  shouldRetry: boolean | undefined;
}

export interface GatewayErrorDetails {
  /** Name of the request field at fault, `messages[3].role`. */
  param?: string;
  /** Value of `retry-after` in whole seconds. */
  retryAfterSeconds?: number;
  /** Methods that the path has, for the header `allow`. */
  allow?: readonly string[];
  /** Overrides the row's HTTP status: an upstream's own 400 or 413 keeps its status. */
  status?: number;
  /** Overrides `error.code` on the wire (upstream errors keep their own code). */
  wireCode?: string;
  /** `error.details` of a Messages answer: what official clients act on by themselves. Chat Completions has none. */
  messagesDetails?: { error_code: string; unsupported?: readonly string[] };
  /** Takes the place of the row's advice. */
  advice?: string;
  /** Goes to the log with the request id, never to the client. */
  cause?: unknown;
}

/** Thrown by every step of the road; the protocol called gives it its shape. Its message is fit for a client's eyes. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly details: GatewayErrorDetails;

  constructor(code: ErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.details = details;
  }

  /** The message with what to do about it. */
  get told(): string {
    return advised(this.message, this.details.advice ?? ADVICE[this.code]);
  }

  get row(): CatalogueRow {
    return catalogue[this.code];
  }

  /** HTTP status for the protocol called. */
  status(protocol: 'chat-completions' | 'messages'): number {
    return this.details.status ?? (protocol === 'messages' ? this.row.messagesStatus : this.row.status);
  }
}

/** For a path that has these methods alone. */
export function methodNotAllowed(allow: readonly string[]): GatewayError {
  return new GatewayError('method_not_allowed', `Use ${allow.join(' or ')} here.`, { allow });
}

/** An upstream's own words may end without a full stop. */
function advised(message: string, advice: string | undefined): string {
  if (advice === undefined) return message;
  return /[.!?]["'’”)]?$/.test(message) ? `${message} ${advice}` : `${message}. ${advice}`;
}

function row(
  status: number,
  chatType: string,
  messagesType: string,
  shouldRetry: boolean | undefined,
  wireCode?: string,
  messagesStatus = status,
): CatalogueRow {
  return { status, messagesStatus, wireCode, chatType, messagesType, shouldRetry };
}

import { GatewayError, type GatewayErrorDetails } from '../errors/catalogue.ts';
import { DescriptorsUsedUp, descriptorsUsedUp } from '../observability/descriptors.ts';
import { asObject, asString } from '../protocols/json.ts';
import type { ReadError } from '../protocols/wire.ts';
import { readErrorBody, readParsedError, type ToldError } from './error-body.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamResponse } from './upstream-response.ts';
import { vendors } from './vendors.ts';
import { tellable } from './wording.ts';

/**
 * An upstream's answer other than 2xx as an error of ours. Its own judgement of the request (400, 413, 422) keeps status
 * and wording; what concerns our account, our route or its own insides is told in our words. Texts never carry a credential
 * or an id of our account there, a stack or a path.
 */
export function failureOfResponse(
  upstream: Upstream,
  status: number,
  headers: UpstreamResponse['headers'],
  body: string,
): GatewayError {
  const { message, code, type, param } = readErrorBody(body);
  const ours = (status >= 401 && status <= 404) || isOurFault(upstream, message, `${type ?? ''} ${code ?? ''}`);
  if (ours) return accountFailure(upstream, status);
  const telling = (text: string | undefined) => tellable(text, upstream.credential);
  const words = telling(message);
  if (status === 400 || status === 413 || status === 422) {
    return rejection(status === 422 ? 400 : status, { message: words, code: telling(code), param: telling(param) });
  }
  const wait = retryAfter(headers);
  const details: GatewayErrorDetails = wait === undefined ? {} : { retryAfterSeconds: wait };
  if (status === 429 || status === 503 || status === 529) {
    const reason = words === undefined ? '.' : `: ${words}`;
    return new GatewayError('upstream_overloaded', `The upstream is overloaded${reason}`, details);
  }
  if (TIMED_OUT.has(status)) return new GatewayError('upstream_timeout', 'The upstream timed out.', details);
  if (status >= 300 && status < 400) {
    return new GatewayError('upstream_error', 'The upstream answered with a redirect, which is not followed.');
  }
  return new GatewayError('upstream_error', `The upstream failed with status ${status}.`, details);
}

/** The last two are Cloudflare's: it did not reach the server behind it in time, or got no answer of it. */
const TIMED_OUT = new Set([408, 504, 522, 524]);

/** An error object inside a 200 or a stream. */
export function failureOfErrorObject(upstream: Upstream, raw: unknown): GatewayError {
  const error = asObject(raw);
  const code = typeof error?.code === 'number' ? String(error.code) : asString(error?.code);
  const kind = `${asString(error?.type) ?? ''} ${asString(error?.status) ?? ''} ${code ?? ''}`;
  const { message } = readParsedError(raw);
  if (isOurFault(upstream, message, kind)) return accountFailure(upstream, 200);
  const words = tellable(message, upstream.credential);
  const reason = words === undefined ? '.' : `: ${words}`;
  if (/overloaded|rate_limit|insufficient_system_resource|RESOURCE_EXHAUSTED|\b(429|503|529)\b/.test(kind)) {
    return new GatewayError('upstream_overloaded', `The upstream is overloaded${reason}`);
  }
  if (/timeout|\b(408|504|522|524)\b/.test(kind))
    return new GatewayError('upstream_timeout', `The upstream timed out${reason}`);
  return new GatewayError('upstream_error', `The upstream failed${reason}`);
}

/** `failureOfErrorObject` of one upstream: the same function for all of its answers, which each stream holds on to. */
export function errorReader(upstream: Upstream): ReadError {
  let reader = errorReaders.get(upstream);
  if (reader === undefined) {
    reader = (raw) => failureOfErrorObject(upstream, raw);
    errorReaders.set(upstream, reader);
  }
  return reader;
}

const errorReaders = new WeakMap<Upstream, ReadError>();

/** A connection that broke, could not be made, or stayed silent. */
export function failureOfConnection(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = asString(asObject(error)?.code) ?? '';
  const refused = NOT_REACHED.test(code);
  if (refused && descriptorsUsedUp()) {
    return new GatewayError(
      'no_available_upstream',
      'This gateway has no room for another connection to an upstream now. Send the request again in a moment.',
      { cause: new DescriptorsUsedUp() },
    );
  }
  return refused
    ? new GatewayError(
        'no_available_upstream',
        'The upstream of this model cannot be reached. Send the request again in a moment, or use another model.',
        { cause: error },
      )
    : new GatewayError('upstream_error', 'The connection to the upstream broke.', { cause: error });
}

/** Names that the system, TLS and a proxy's tunnel have for a connection that was never there; most of a certificate. */
const NOT_REACHED =
  /refused|notfound|enotfound|eai_again|unreach|dns|cert|unable_to_|invalid_(ca|purpose)|hostname_mismatch|tls|ssl|proxy/i;

/** Fit to be told. */
function rejection(status: number, { message: words, code, param }: Omit<ToldError, 'type'>): GatewayError {
  const message = words ?? (status === 413 ? TOO_LARGE : NO_REASON);
  if (status === 413) return new GatewayError('request_too_large', message, { status });
  const tooLong = TOO_LONG.test(`${message} ${code ?? ''}`);
  const details: GatewayErrorDetails = { status };
  if (param !== undefined) details.param = param;
  if (tooLong) return new GatewayError('context_length_exceeded', message, details);
  details.wireCode = code ?? 'invalid_param';
  return new GatewayError('upstream_rejected', message, details);
}

/** That the prompt does not fit, in the words of every vendor and server that was heard saying it. */
const TOO_LONG = new RegExp(
  [
    'context length',
    'context_length_exceeded',
    'context window',
    'exceeds? context limit',
    'available context size',
    'prompt is too long',
    'prompt too long',
    'total length of all messages is too long',
    'prompt exceeds max length',
    'maximum prompt length',
    'maximum model length',
    'input is too long',
    'range of input length',
    'maximum allowed input length',
    'input token count .{1,20} exceeds the maximum',
    'exceeded model token limit',
  ].join('|'),
  'i',
);

const NO_REASON =
  'The upstream refused the request and gave no reason. Compare its fields with what the page of the model says.';
const TOO_LARGE =
  "The body is too large for this model's upstream, which takes less than this gateway does. Send less: fewer or smaller messages, files and images.";

/**
 * Codes and types that are about our credential, our balance or our route, under whatever status they come. A quota that
 * is used up is told as 429, and waiting does not help: `exceeded_current_quota_error` at Kimi, 1113 at Z.ai. `Arrearage` is
 * DashScope's 400.
 */
const OUR_FAULT =
  /\b(40[1-4]|1113|Arrearage|insufficient_quota|exceeded_current_quota_error|billing_not_active|billing_hard_limit_reached|account_deactivated|invalid_api_key|invalid_organization|model_not_found|authentication_error|permission_error|billing_error|not_found_error)\b/;

/** What is said of it under 400 with no code of its own: by xAI, and by OpenAI of streams of its newest models. */
const OUR_FAULT_IN_WORDS = /^(Incorrect API key provided|Your organization must be verified)/;

function isOurFault(upstream: Upstream, message = '', kind = ''): boolean {
  if (OUR_FAULT.test(kind) || OUR_FAULT_IN_WORDS.test(message)) return true;
  return vendors[upstream.vendor]?.isOurFault?.(message) === true;
}

function accountFailure(upstream: Upstream, status: number): GatewayError {
  return new GatewayError('upstream_error', 'The upstream refused this gateway, not your request.', {
    advice: 'The operator has been told; another model may work meanwhile.',
    cause: new UpstreamAlert(upstream.name, status),
  });
}

/** Something that only the operator can mend: our credential, our balance, our route. Logged as an alert. */
export class UpstreamAlert extends Error {
  override readonly name = 'UpstreamAlert';
  readonly upstream: string;
  readonly status: number;

  constructor(upstream: string, status: number) {
    super();
    this.upstream = upstream;
    this.status = status;
  }
}

/** Seconds of `retry-after`, as long as the upstream says: given in seconds or as an HTTP date; undefined for anything else. */
function retryAfter(headers: UpstreamResponse['headers']): number | undefined {
  const value = headers.get('retry-after') ?? '';
  const given = /^\d+(\.\d+)?$/.test(value) ? Number(value) : secondsUntil(value);
  const seconds = Math.max(0, Math.ceil(given));
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** NaN for what is no HTTP date: by itself `Date.parse` reads a year or a month's name as one. */
const secondsUntil = (date: string): number =>
  /^[A-Z][a-z]+, .*\d:\d\d:\d\d GMT$/.test(date) ? (Date.parse(date) - Date.now()) / 1000 : Number.NaN;

import { GatewayError } from '../errors/catalogue.ts';
import { chatErrorBody } from '../protocols/chat-completions/errors.ts';
import { messagesErrorBody } from '../protocols/messages/errors.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Call } from './call.ts';
import { type AnswerHeaders, Reply } from './reply.ts';

/** Longest list of names that `x-bytespike-changed` carries; what is beyond is counted. */
const LISTED_BYTES = 1000;

/** What every answer on an inference route carries besides its body. */
export function answerHeaders(call: Call, contentType: string): AnswerHeaders {
  const headers: AnswerHeaders = { 'content-type': contentType, 'x-request-id': call.id };
  if (call.key !== undefined) Object.assign(headers, call.house.money.limitHeaders(call.key, Date.now()));
  if (call.protocol === 'messages') headers['request-id'] = call.id;
  // Not set before a model was resolved.
  const choice = call.choice as Call['choice'] | undefined;
  if (choice !== undefined) headers['x-bytespike-upstream'] = choice.upstream.name;
  const { changed, emulated } = call.notes;
  if (changed.size > 0) headers['x-bytespike-changed'] = nameList(changed);
  if (emulated.size > 0) headers['x-bytespike-emulated'] = nameList(emulated);
  return headers;
}

/** The same of a stream, which nobody on its way is to keep or to gather. */
export function streamHeaders(call: Call): AnswerHeaders {
  const headers = answerHeaders(call, 'text/event-stream; charset=utf-8');
  headers['cache-control'] = 'no-cache';
  headers['x-accel-buffering'] = 'no';
  return headers;
}

/** Any error as an answer in the shape of the protocol called. What is no GatewayError is ours, and says nothing. */
export function errorResponse(call: Call, error: GatewayError): Reply {
  const headers = answerHeaders(call, 'application/json');
  writeErrorHeaders(headers, error);
  const body = call.protocol === 'messages' ? messagesErrorBody(error, call.id) : chatErrorBody(error);
  return new Reply(error.status(call.protocol), headers, body);
}

/** Steers official clients: they obey `x-should-retry` first, and sleep for `retry-after` whatever it says. */
function writeErrorHeaders(headers: AnswerHeaders, error: GatewayError): void {
  const { shouldRetry } = error.row;
  if (shouldRetry !== undefined) headers['x-should-retry'] = String(shouldRetry);
  const { retryAfterSeconds, allow } = error.details;
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  if (allow !== undefined) headers.allow = allow.join(', ');
}

/** The error that a client may see for whatever was thrown. */
export function asGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown;
  return new GatewayError(
    'internal_error',
    'The gateway failed to handle this request. Nothing was charged; the operator finds the cause under the request id.',
    { cause: thrown },
  );
}

/** An error outside of a call: routes that do not exist, methods that are not allowed. */
export function plainError(error: GatewayError, protocol: Protocol, requestId: string): Reply {
  const headers: AnswerHeaders = { 'content-type': 'application/json', 'x-request-id': requestId };
  if (protocol === 'messages') headers['request-id'] = requestId;
  writeErrorHeaders(headers, error);
  const body = protocol === 'messages' ? messagesErrorBody(error, requestId) : chatErrorBody(error);
  return new Reply(error.status(protocol), headers, body);
}

/** Names fit for a header, each once, in order; `+N` for those that found no room. */
export function nameList(names: Iterable<string>): string {
  let list = '';
  let left = 0;
  const clean = new Set<string>();
  for (const name of names) clean.add(name.replace(/\[\d+\]/g, ''));
  for (const name of clean) {
    if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) left++;
    else if (list.length + name.length + 2 > LISTED_BYTES) left++;
    else list += `${list === '' ? '' : ', '}${name}`;
  }
  if (left > 0) list += `${list === '' ? '' : ', '}+${left}`;
  return list;
}

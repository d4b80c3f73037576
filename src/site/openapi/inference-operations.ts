import { Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../errors/catalogue.ts';
import {
  chatCompletion,
  message,
  modelInfo,
  modelInfoPage,
  modelList,
  modelObject,
  tokenCount,
} from './answer-schemas.ts';
import { everyCodeBut } from './error-responses.ts';
import { type Answer, json, type Operation } from './operation.ts';
import { chatRequest, messagesRequest } from './request-schemas.ts';

/** Where models answer, and which there are. */
export function inferenceOperations(modelIds: readonly string[]): Operation[] {
  const messages = messagesRequest(modelIds);
  const own: Operation[] = [
    {
      method: 'post',
      path: '/v1/chat/completions',
      id: 'createChatCompletion',
      tag: 'Inference',
      summary: 'Answer in the shape of OpenAI Chat Completions',
      description:
        'For every model, whichever protocol its upstream speaks. Fields that have no counterpart there are dropped and named in `x-bytespike-changed`.',
      access: 'key',
      body: { schema: chatRequest(modelIds), required: true },
      answers: [inference(chatCompletion, 'Chunks, then `data: [DONE]`.', answerHeaders)],
      errors: { shape: 'chat-completions', codes: inferenceErrors, headers: callHeaders },
    },
    {
      method: 'post',
      path: '/v1/messages',
      id: 'createMessage',
      tag: 'Inference',
      summary: 'Answer in the shape of Anthropic Messages',
      description:
        'For every model, whichever protocol its upstream speaks. Query strings such as `?beta=true` are ignored.',
      access: 'key',
      requestHeaders: { 'anthropic-version': version, 'anthropic-beta': betas },
      body: { schema: messages, required: true },
      answers: [inference(message, 'Events from `message_start` to `message_stop`.', ['request-id', ...answerHeaders])],
      errors: { shape: 'messages', codes: inferenceErrors, headers: ['request-id', ...callHeaders] },
    },
    {
      method: 'post',
      path: '/v1/messages/count_tokens',
      id: 'countTokens',
      tag: 'Inference',
      summary: 'Count the tokens of a Messages request',
      description: 'Free. A count that is an estimate says so in `x-bytespike-tokens`.',
      access: 'key',
      requestHeaders: { 'anthropic-version': version, 'anthropic-beta': betas },
      body: { schema: messages, required: true },
      answers: [{ ...json(tokenCount, 'The count.'), headers: countHeaders }],
      errors: {
        shape: 'messages',
        codes: countErrors,
        headers: ['request-id', ...limitHeaders, 'x-bytespike-upstream'],
      },
    },
    {
      method: 'get',
      path: '/v1/models',
      id: 'listModels',
      tag: 'Models',
      summary: 'List the models that the key reaches',
      description: 'In OpenAI’s shape; in Anthropic’s when `anthropic-version` is sent, errors too.',
      access: 'key',
      requestHeaders: { 'anthropic-version': version },
      query: {
        capability: Type.Array(Type.String(), { description: 'May repeat: all of them are needed. OpenAI’s shape.' }),
        family: Type.Array(Type.String(), {
          description: 'A family or its maker; one of them is enough. OpenAI’s shape.',
        }),
        limit: Type.Integer({ minimum: 1, maximum: 1000, default: 20, description: 'Anthropic’s shape.' }),
        after_id: Type.String({ description: 'Anthropic’s shape.' }),
        before_id: Type.String({ description: 'Anthropic’s shape.' }),
      },
      answers: [json(Type.Union([modelList, modelInfoPage]), 'Models.')],
      errors: { shape: 'either', codes: ['invalid_param', 'invalid_api_key', 'permission_denied', 'internal_error'] },
    },
    {
      method: 'get',
      path: '/v1/models/{id}',
      id: 'getModel',
      tag: 'Models',
      summary: 'Show a model, by id or alias',
      description: 'In OpenAI’s shape; in Anthropic’s when `anthropic-version` is sent, errors too.',
      access: 'key',
      requestHeaders: { 'anthropic-version': version },
      answers: [json(Type.Union([modelObject, modelInfo]), 'The model.')],
      errors: { shape: 'either', codes: ['invalid_api_key', 'permission_denied', 'model_not_found', 'internal_error'] },
    },
  ];
  return [...own, ...own.filter(({ path }) => DOUBLED.includes(path)).map(doubled)];
}

const version = Type.String({ description: 'Such as `2023-06-01`.', examples: ['2023-06-01'] });
const betas = Type.String({ description: 'Goes up as the model allows.' });

const inferenceErrors: ErrorCode[] = everyCodeBut('not_found', 'method_not_allowed', 'conflict');
const countErrors: ErrorCode[] = [
  'invalid_param',
  'model_retired',
  'invalid_api_key',
  'permission_denied',
  'model_not_found',
  'request_too_large',
  'unsupported_media_type',
  'rate_limit_exceeded',
  'concurrency_limit',
  'internal_error',
  'loop_detected',
];

/** How far the limits of the key are used up; each is left out where there is none. */
const limitHeaders = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-quota-remaining-credits'];
/** What is known of a call when it fails, too. */
const callHeaders = ['x-bytespike-upstream', 'x-bytespike-changed', 'x-bytespike-emulated', ...limitHeaders];
const answerHeaders = ['x-bytespike-cost-usd', ...callHeaders];
const countHeaders = [
  'request-id',
  'x-bytespike-tokens',
  'x-bytespike-cost-usd',
  'x-bytespike-upstream',
  ...limitHeaders,
];

function inference(schema: Answer['content'][string], events: string, headers: readonly string[]): Answer {
  return {
    status: 200,
    description: 'The answer; with `stream` as server-sent events.',
    content: { 'application/json': schema, 'text/event-stream': Type.String({ description: events }) },
    headers,
  };
}

/** Clients whose base URL should not end in `/v1` and does. */
const DOUBLED = ['/v1/messages', '/v1/messages/count_tokens', '/v1/models', '/v1/models/{id}'];

function doubled(operation: Operation): Operation {
  return {
    ...operation,
    path: `/v1${operation.path}`,
    id: `${operation.id}Doubled`,
    summary: `${operation.summary}, for clients that add a second /v1`,
    deprecated: true,
  };
}

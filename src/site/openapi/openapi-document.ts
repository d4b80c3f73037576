import type { TSchema } from '@sinclair/typebox';
import { errorResponses, errorSchemaNames, errorSchemas } from './error-responses.ts';
import { inferenceOperations } from './inference-operations.ts';
import { managementOperations } from './management-operations.ts';
import type { Answer, ManagementRoute, Operation } from './operation.ts';
import { tags } from './operation.ts';
import { serviceOperations } from './service-operations.ts';

export interface OpenApiOptions {
  publicUrl: string;
  version: string;
  /** Ids of models, as examples. */
  modelIds: readonly string[];
  management: readonly ManagementRoute[];
}

/** Every route of the gateway, as it is described and in the order of reading. */
export function operations({ modelIds, management }: Pick<OpenApiOptions, 'modelIds' | 'management'>): Operation[] {
  return [...inferenceOperations(modelIds), ...managementOperations(management), ...serviceOperations()];
}

/** The API as OpenAPI 3.1: a JSON value. */
export function openApiDocument(options: OpenApiOptions): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations(options)) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: operationObject(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'ByteSpike',
      version: options.version,
      summary: 'One address and one key for every model, on two protocols.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.publicUrl }],
    externalDocs: { url: `${options.publicUrl}/docs` },
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.fromEntries(
        (['chat-completions', 'messages'] as const).map((shape) => [errorSchemaNames[shape], errorSchemas[shape]]),
      ),
      headers: Object.fromEntries(
        Object.entries(HEADERS).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
      ),
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key, `sk-byts-…`.' },
        keyHeader: {
          type: 'apiKey',
          in: 'header',
          name: 'x-api-key',
          description: 'The same; it wins over the other.',
        },
        adminToken: { type: 'http', scheme: 'bearer', description: 'An admin token.' },
      },
    },
  };
}

function operationObject(operation: Operation): Record<string, unknown> {
  const { id, tag, summary, body, errors } = operation;
  const description = [operation.description, ONLY_HERE[operation.access]]
    .filter((text) => text !== undefined)
    .join(' ');
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description === '' ? {} : { description }),
    ...(operation.deprecated === true ? { deprecated: true } : {}),
    security: SECURITY[operation.access],
    parameters: parameters(operation),
    ...(body === undefined
      ? {}
      : { requestBody: { required: body.required, content: { 'application/json': { schema: body.schema } } } }),
    responses: {
      ...Object.fromEntries(operation.answers.map((answer) => [answer.status, answerObject(answer)])),
      ...errorResponses(errors),
    },
  };
}

function parameters({ path, query = {}, requestHeaders = {} }: Operation): unknown[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const listed = (where: string, schemas: Record<string, TSchema>) =>
    Object.entries(schemas).map(([name, { description, ...schema }]) => ({ name, in: where, description, schema }));
  return [...inPath, ...listed('query', query), ...listed('header', requestHeaders)];
}

function answerObject({ description, content, headers = [] }: Answer): Record<string, unknown> {
  return {
    description,
    headers: Object.fromEntries(
      ['x-request-id', ...headers].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
    ),
    ...(Object.keys(content).length === 0
      ? {}
      : { content: Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }])) }),
  };
}

const SECURITY: Record<Operation['access'], Record<string, string[]>[]> = {
  none: [],
  key: [{ key: [] }, { keyHeader: [] }],
  admin: [{ adminToken: [] }],
  socket: [{ adminToken: [] }],
};

const ONLY_HERE: Partial<Record<Operation['access'], string>> = {
  socket: 'Only for the command line on the machine itself; over the network it is 403.',
};

const HEADERS: Record<string, string> = {
  'x-request-id': 'Names this request in the log and in the list of usage.',
  'request-id': 'The same.',
  'x-should-retry': '`true` or `false`: whether the same request may succeed later.',
  'retry-after': 'Seconds to wait.',
  'x-bytespike-upstream': 'Whose upstream answered, or `simulator`.',
  'x-bytespike-changed': 'Names of what was dropped or altered on the way up.',
  'x-bytespike-emulated': 'Names of what the upstream lacks and the gateway stands in for.',
  'x-bytespike-cost-usd': 'What the answer cost in USD. Not on streams.',
  'x-bytespike-tokens': '`estimated` where the count is one.',
  'x-ratelimit-limit': 'USD of the window with the least left.',
  'x-ratelimit-remaining': 'USD left in it.',
  'x-ratelimit-reset': 'Unix seconds when a part of it comes back.',
  'x-quota-remaining-credits': 'USD left of the lifetime quota of the key.',
};

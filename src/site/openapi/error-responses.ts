import { Type } from '@sinclair/typebox';
import { type CatalogueRow, catalogue, type ErrorCode } from '../../errors/catalogue.ts';
import { errorTexts } from '../docs/guides/error-texts.ts';
import type { ErrorShape, Operation } from './operation.ts';

const rows = Object.entries(catalogue) as [ErrorCode, CatalogueRow][];
const wireCode = (code: ErrorCode): string => catalogue[code].wireCode ?? code;
const unique = (values: readonly string[]): string[] => [...new Set(values)];

type OneShape = Exclude<ErrorShape, 'either'>;

/** `error.code` of every error of the catalogue. Upstreams keep codes of their own, so there may be others. */
const code = Type.Union(
  [
    Type.Unsafe<string>({
      type: 'string',
      enum: unique(rows.map(([name]) => wireCode(name))),
      description: rows.map(([name]) => `- \`${wireCode(name)}\`: ${errorTexts[name].when}`).join('\n'),
    }),
    Type.String({ description: 'A code of the upstream itself.' }),
    Type.Null(),
  ],
  { description: 'What went wrong, for programs.' },
);

export const errorSchemas: Record<OneShape, ReturnType<typeof Type.Object>> = {
  'chat-completions': Type.Object(
    {
      error: Type.Object({
        message: Type.String({ description: 'What to do.' }),
        type: Type.Unsafe<string>({ type: 'string', enum: unique(rows.map(([, row]) => row.chatType)) }),
        param: Type.Union([Type.String(), Type.Null()], { description: 'The field at fault.' }),
        code,
      }),
    },
    { description: 'An error in the shape of Chat Completions and of our own routes.' },
  ),
  messages: Type.Object(
    {
      type: Type.Literal('error'),
      error: Type.Object({
        type: Type.Unsafe<string>({ type: 'string', enum: unique(rows.map(([, row]) => row.messagesType)) }),
        message: Type.String({ description: 'What to do.' }),
        details: Type.Optional(
          Type.Object(
            { error_code: Type.String(), unsupported: Type.Optional(Type.Array(Type.String())) },
            { description: 'What official clients act on by themselves: a `thread` that they go on without.' },
          ),
        ),
      }),
      request_id: Type.String(),
    },
    { description: 'An error in the shape of Messages.' },
  ),
};

export const errorSchemaNames: Record<OneShape, string> = {
  'chat-completions': 'Error',
  messages: 'MessagesError',
};

const reference = (shape: OneShape) => ({ $ref: `#/components/schemas/${errorSchemaNames[shape]}` });

const schemaOf = (shape: ErrorShape) =>
  shape === 'either' ? { anyOf: [reference('chat-completions'), reference('messages')] } : reference(shape);

/** An upstream may say with these how long to wait. */
const OF_UPSTREAMS: readonly ErrorCode[] = ['upstream_error', 'upstream_timeout'];

/** The responses of some codes by status, in OpenAPI's form. */
export function errorResponses({ shape, codes, headers = [] }: Operation['errors']): Record<string, unknown> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const name of codes) {
    const status = shape === 'messages' ? catalogue[name].messagesStatus : catalogue[name].status;
    byStatus.set(status, [...(byStatus.get(status) ?? []), name]);
  }
  const responses: Record<string, unknown> = {};
  for (const [status, names] of [...byStatus].sort(([a], [b]) => a - b)) {
    const waits = names.some((name) => catalogue[name].shouldRetry === true || OF_UPSTREAMS.includes(name));
    responses[status] = {
      description: names
        .map((name) => `\`${wireCode(name)}\`: ${errorTexts[name].when} ${errorTexts[name].cure}`)
        .join('\n\n'),
      headers: Object.fromEntries(
        ['x-request-id', 'x-should-retry', ...(waits ? ['retry-after'] : []), ...headers].map((name) => [
          name,
          { $ref: `#/components/headers/${name}` },
        ]),
      ),
      content: { 'application/json': { schema: schemaOf(shape) } },
    };
  }
  return responses;
}

/** Codes of the catalogue but for some. */
export const everyCodeBut = (...names: ErrorCode[]): ErrorCode[] =>
  rows.map(([name]) => name).filter((name) => !names.includes(name));

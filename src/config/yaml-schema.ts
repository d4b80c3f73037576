import { type Static, type TSchema, Type } from '@sinclair/typebox';

/** What an upstream's name may look like: it is sent in the header `x-bytespike-upstream`. */
const NAME = '^[a-z0-9][a-z0-9._-]{0,62}$';

/** One entry of `upstreams:`. `description` is what a message says is allowed. */
const upstreamSchema = object({
  name: Type.String({ pattern: NAME, description: 'lower-case letters, digits, dot, dash, underscore (63 at most)' }),
  vendor: Type.String({ pattern: NAME, description: "the vendor of the cards' routes, such as deepseek or openai" }),
  protocol: Type.Union([Type.Literal('chat-completions'), Type.Literal('messages')], {
    description: 'chat-completions or messages',
  }),
  base_url: Type.Optional(Type.String({ minLength: 1, description: 'an http:// or https:// URL' })),
  credential: Type.Optional(
    Type.String({
      pattern: '^env:[A-Za-z_][A-Za-z0-9_]*$',
      description: 'env:NAME, the variable that holds the secret (a secret itself does not belong in this file)',
    }),
  ),
  models: Type.Optional(
    Type.Union(
      [
        Type.Array(Type.String({ minLength: 1 }), { minItems: 1 }),
        Type.Record(Type.String({ minLength: 1 }), Type.String({ minLength: 1 }), { minProperties: 1 }),
      ],
      { description: 'a list of catalog ids, or a map of catalog id to the name at this upstream' },
    ),
  ),
  weight: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'a whole number from 1 to 1000' })),
});

const rate = Type.Optional(
  Type.String({
    pattern: '^\\d{1,9}(\\.\\d{1,9})?$',
    description: 'USD per 1M tokens as a plain decimal such as 0.435, with nine places at most',
  }),
);

/** One entry of `prices:`; what is left out stays as the card has it. */
const priceSchema = object({
  input: rate,
  output: rate,
  cache_read: rate,
  cache_write_5m: rate,
  cache_write_1h: rate,
});

/** The part of bytespike.yaml that variables cannot hold. Scalars are read like the variables of the same name. */
export const structuredSchema = object({
  upstreams: Type.Optional(Type.Array(upstreamSchema, { description: 'a list of upstreams' })),
  catalog: Type.Optional(Type.String({ minLength: 1, description: 'the path of a folder of cards' })),
  prices: Type.Optional(Type.Record(Type.String(), priceSchema, { description: 'a map of catalog id to prices' })),
});

export type UpstreamEntry = Static<typeof upstreamSchema>;
export type StructuredPart = Static<typeof structuredSchema>;

function object<T extends Record<string, TSchema>>(properties: T) {
  const description = `a map with ${Object.keys(properties).join(', ')}`;
  return Type.Object(properties, { additionalProperties: false, description });
}

import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { type Card, capabilities } from './card.ts';
import { refusals, repairs } from './refusals.ts';

/**
 * The form of catalog/<id>.yaml. Each `description` says what is allowed, in words that an error message can quote.
 * Unknown fields are errors everywhere: a misspelt price must not fall back in silence.
 */
const text = (what: string): ReturnType<typeof Type.String> => Type.String({ minLength: 1, description: what });
const words = text('a text that is not empty');
const modelId = Type.String({
  pattern: '^[a-z0-9][a-z0-9.-]{0,63}$',
  description: 'a model id of lower-case letters, digits, dots and dashes',
});
const requestedName = Type.String({
  pattern: '^[!-~]{1,128}$',
  description: 'a model name of 1 to 128 printable ASCII characters without spaces',
});
const slug = Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$', description: 'a lower-case name such as deepseek' });
const usdPerMillion = Type.String({
  pattern: '^[0-9]{1,9}(\\.[0-9]{1,12})?$',
  description: 'USD per 1M tokens as a decimal in quotes, such as "0.435"',
});
const instant = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$',
  description: 'an instant in UTC such as "2026-06-01T00:00:00Z"',
});
const day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: 'a day such as "2026-04-24"' });
const time = Type.String({
  pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
  description: 'a time of the day in UTC such as "01:00"',
});
const tokens = (min: number): ReturnType<typeof Type.Integer> =>
  Type.Integer({ minimum: min, maximum: 1_000_000_000, description: `a whole number of tokens from ${min}` });
const ms = Type.Integer({ minimum: 1, maximum: 86_400_000, description: 'whole milliseconds from 1 to 86400000' });

function oneOf<const T extends string>(...values: readonly T[]) {
  const literals = values.map((value) => Type.Literal(value));
  return Type.Unsafe<T>(Type.Union(literals, { description: `one of ${values.join(', ')}` }));
}

function object<T extends Record<string, TSchema>>(fields: T) {
  return Type.Object(fields, {
    additionalProperties: false,
    description: `an object of ${Object.keys(fields).join(', ')}`,
  });
}

function list<T extends TSchema>(of: T, options: { minItems?: number; uniqueItems?: boolean } = {}) {
  const some = options.minItems === undefined ? 'a list' : 'a list that is not empty';
  const unique = options.uniqueItems === true ? ', none twice,' : '';
  return Type.Array(of, { ...options, description: `${some}${unique} of ${of.description ?? 'objects'}` });
}

/** A price of tokens by bucket. */
const perBucket = {
  input: usdPerMillion,
  output: usdPerMillion,
  cache_read: usdPerMillion,
};
const perCacheWrite = {
  cache_write_5m: Type.Optional(usdPerMillion),
  cache_write_1h: Type.Optional(usdPerMillion),
};

const price = object({ from: instant, ...perBucket, ...perCacheWrite, source: words });

const upstreamCost = object({
  from: instant,
  ...perBucket,
  ...perCacheWrite,
  bands: Type.Optional(
    list(
      object({
        days: list(oneOf('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'), { minItems: 1, uniqueItems: true }),
        from: time,
        to: time,
        ...perBucket,
      }),
    ),
  ),
  source: words,
});

/** A refusal with a cure, or a field of the request; a dash tells them apart, so that a misspelt refusal is found. */
const refusal = Type.String({
  pattern: `^(${Object.keys(refusals).join('|')}|[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)*)$`,
  description: `a request field such as seed, or one of ${Object.keys(refusals).join(', ')}`,
});

const route = object({
  vendor: slug,
  protocol: oneOf('chat-completions', 'messages'),
  model: requestedName,
  refuses: list(refusal, { uniqueItems: true }),
  allows: list(words, { uniqueItems: true }),
  betas: list(words, { uniqueItems: true }),
  repairs: list(oneOf(...Object.keys(repairs)), { uniqueItems: true }),
});

const advice = list(object({ title: words, text: words, models: Type.Optional(list(modelId)) }));

export const cardSchema = object({
  id: modelId,
  name: words,
  vendor: slug,
  family: slug,
  series: object({ name: words, note: Type.Optional(words), distinct_from: Type.Optional(list(modelId)) }),
  successor: Type.Optional(modelId),
  predecessor: Type.Optional(modelId),
  aliases: list(requestedName),
  retired_names: list(object({ name: requestedName, successor: modelId, since: Type.Optional(day) })),
  released: day,
  summary: words,
  claims: Type.Optional(list(object({ text: words, by: words }))),
  window: tokens(1),
  max_output: tokens(1),
  capabilities: list(oneOf(...capabilities), { minItems: 1, uniqueItems: true }),
  input_modalities: list(oneOf('text', 'image', 'audio', 'video', 'document'), { minItems: 1, uniqueItems: true }),
  output_modalities: list(oneOf('text'), { minItems: 1, uniqueItems: true }),
  prices: list(price, { minItems: 1 }),
  upstream_cost: Type.Optional(list(upstreamCost, { minItems: 1 })),
  routes: list(route),
  tokens: object({
    tokenizer: oneOf('deepseek-v3', 'estimate'),
    factor: Type.Number({ minimum: 1, maximum: 10, description: 'a number from 1 to 10' }),
    per_request: tokens(0),
    per_message: tokens(0),
    per_tool: tokens(0),
    tools_once: tokens(0),
    per_image: tokens(0),
  }),
  when_to_use: advice,
  when_not_to_use: advice,
  reasoning: Type.Optional(object({ chat_completions: words, messages: words, billing: Type.Optional(words) })),
  timeouts: Type.Optional(
    object({ connect_ms: Type.Optional(ms), first_byte_ms: Type.Optional(ms), idle_ms: Type.Optional(ms) }),
  ),
  sources: list(object({ what: words, where: words, read: day }), { minItems: 1 }),
});

/** Compiles only while the schema and the documented type say the same. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export const schemaIsTheType: Same<Static<typeof cardSchema>, Card> = true;

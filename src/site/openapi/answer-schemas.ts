import { Type } from '@sinclair/typebox';
import { capabilities } from '../../models/card.ts';

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const open = { additionalProperties: true };
const count = (description: string) => Type.Integer({ minimum: 0, description });

/** Answers as every model of the gateway gives them. Upstreams add fields, so all of them are open. */
export const chatCompletion = Type.Object(
  {
    id: Type.String({ description: "The upstream's own." }),
    object: Type.Literal('chat.completion', { description: 'The shape of a whole answer.' }),
    created: Type.Integer({ description: 'Unix seconds.' }),
    model: Type.String({ description: 'The name that was asked for.' }),
    choices: Type.Array(
      Type.Object(
        {
          index: count('Which of `n` answers, from 0.'),
          message: Type.Object(
            {
              role: Type.Literal('assistant', { description: 'Who says it.' }),
              content: Type.Optional(
                orNull(Type.String({ description: 'The answer; null or left out when it is tool calls alone.' })),
              ),
              reasoning_content: Type.Optional(
                orNull(Type.String({ description: 'The chain of thought, on models that show theirs.' })),
              ),
              tool_calls: Type.Optional(
                Type.Array(
                  Type.Object(
                    {
                      id: Type.String(),
                      type: Type.String({ description: '`function`; `custom` for a tool of that type, at OpenAI.' }),
                      function: Type.Optional(
                        Type.Object({
                          name: Type.String(),
                          arguments: Type.String({ description: 'JSON, as text.' }),
                        }),
                      ),
                      custom: Type.Optional(Type.Object({ name: Type.String(), input: Type.String() })),
                    },
                    open,
                  ),
                  { description: 'Functions that the model wants called, in its order.' },
                ),
              ),
            },
            { ...open, description: 'What the model says.' },
          ),
          finish_reason: Type.String({ description: '`stop`, `length`, `tool_calls`, `content_filter`.' }),
        },
        open,
      ),
      { description: 'The answers: one, unless `n` asked for more.' },
    ),
    usage: Type.Object(
      {
        prompt_tokens: count('All input, cached tokens included.'),
        completion_tokens: count('All output, reasoning included.'),
        total_tokens: count('Both together.'),
      },
      { ...open, description: 'What is billed.' },
    ),
  },
  open,
);

export const message = Type.Object(
  {
    id: Type.String({ description: "The upstream's own." }),
    type: Type.Literal('message', { description: 'The shape of a whole answer.' }),
    role: Type.Literal('assistant', { description: 'Who says it.' }),
    model: Type.String({ description: 'The name that was asked for.' }),
    content: Type.Array(
      Type.Object(
        { type: Type.String({ description: '`thinking` ahead of `text`, then `tool_use`.' }) },
        { ...open, description: 'A block.' },
      ),
      { description: 'What the model says, block after block.' },
    ),
    stop_reason: orNull(
      Type.String({ description: '`end_turn`, `max_tokens`, `tool_use`, `stop_sequence`, `refusal`.' }),
    ),
    stop_sequence: orNull(Type.String({ description: 'Which one ended it, if one did.' })),
    usage: Type.Object(
      {
        input_tokens: count('Input that no cache held.'),
        output_tokens: count('All output, thinking included.'),
        cache_read_input_tokens: Type.Optional(orNull(count('Input that came from a cache.'))),
        cache_creation_input_tokens: Type.Optional(orNull(count('Input that was written to a cache.'))),
      },
      { ...open, description: 'What is billed.' },
    ),
  },
  open,
);

export const tokenCount = Type.Object({
  input_tokens: count('Tokens of the whole request, tools and system prompt included.'),
});

const texts = Type.Array(Type.String());

export const modelObject = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Type.Integer({ description: 'Unix seconds of the release.' }),
  owned_by: Type.String(),
  family: Type.String(),
  display_name: Type.String(),
  capabilities: Type.Array(Type.Unsafe<string>({ type: 'string', enum: [...capabilities] })),
  context_window: Type.Integer({ description: 'Tokens, prompt and answer together.' }),
  max_output_tokens: Type.Integer(),
  input_modalities: texts,
  output_modalities: texts,
  protocols_aggregate: Type.Array(Type.String(), {
    description: '`…:translated` where the upstream speaks the other.',
  }),
  pricing_url: Type.String(),
});

export const modelInfo = Type.Object({
  type: Type.Literal('model'),
  id: Type.String(),
  display_name: Type.String(),
  created_at: Type.String(),
  lifecycle: Type.String(),
  max_input_tokens: Type.Integer(),
  max_tokens: Type.Integer(),
  capabilities: Type.Null(),
  deprecated_at: Type.Null(),
  line: Type.Null(),
  retires_at: Type.Null(),
});

export const modelList = Type.Object({ object: Type.Literal('list'), data: Type.Array(modelObject) });

export const modelInfoPage = Type.Object({
  data: Type.Array(modelInfo),
  has_more: Type.Boolean(),
  first_id: orNull(Type.String()),
  last_id: orNull(Type.String()),
});

const rate = Type.Number({ description: 'USD per 1M tokens, for reading; bills are computed from decimals.' });

export const rateCard = Type.Array(
  Type.Object({
    model: Type.String(),
    category: Type.Literal('text'),
    vendor: Type.String(),
    rates: Type.Object({
      input_per_1m: rate,
      cache_write_per_1m: rate,
      cache_write_1h_per_1m: Type.Optional({ ...rate, description: 'Left out: what `cache_write_per_1m` says.' }),
      cache_read_per_1m: rate,
      output_per_1m: rate,
      currency: Type.Literal('USD'),
    }),
    updated_at: Type.String({
      description:
        'Instant from which the rates hold. Of prices in bytespike.yaml that of the gateway’s start, which read them.',
    }),
  }),
);

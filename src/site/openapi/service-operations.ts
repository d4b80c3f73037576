import { Type } from '@sinclair/typebox';
import { rateCard } from './answer-schemas.ts';
import { json, type Operation } from './operation.ts';

/** Prices, health, metrics and documentation: none of it needs a key. */
export function serviceOperations(): Operation[] {
  return [
    {
      ...open('/api/pricing', 'getPricing', 'The rate card'),
      tag: 'Models',
      answers: [json(rateCard, 'A row for each model, with the prices that hold now.')],
    },
    {
      ...open('/healthz', 'getHealth', 'Whether the process is alive'),
      answers: [json(Type.Object({ status: Type.Literal('ok') }), 'It is.')],
    },
    {
      ...open('/readyz', 'getReadiness', 'Whether requests can be served'),
      answers: [json(readiness('ready'), 'They can.'), json(readiness('not ready'), 'They cannot.', 503)],
    },
    {
      ...open('/metrics', 'getMetrics', 'Metrics in the format of Prometheus'),
      description: 'Without a token from this machine only.',
      access: 'admin',
      answers: [{ status: 200, description: 'Metrics.', content: { 'text/plain': Type.String() } }],
      errors: { shape: 'chat-completions', codes: ['invalid_api_key', 'rate_limit_exceeded'] },
    },
    {
      ...open('/api/hello', 'getHello', 'What coding agents ask to see whether anybody is there'),
      answers: [json(Type.Object({ status: Type.Literal('ok') }), 'Somebody is.')],
    },
    {
      ...open('/api/hello', 'headHello', 'The same, without a body'),
      method: 'head',
      answers: [{ status: 200, description: 'Somebody is.', content: {} }],
    },
    {
      ...open('/', 'getRoot', 'Leads to the documentation'),
      answers: [{ status: 302, description: 'To /docs.', content: {} }],
    },
    {
      ...open('/', 'headRoot', 'What coding agents ask to see whether anybody is there'),
      method: 'head',
      answers: [{ status: 200, description: 'Somebody is.', content: {} }],
    },
    {
      ...open('/docs', 'getDocs', 'The documentation'),
      description: 'Every page of it is Markdown at the same path with `.md`; /llms.txt lists them.',
      answers: [{ status: 200, description: 'A page.', content: { 'text/html': Type.String() } }],
    },
    {
      ...open('/llms.txt', 'getLlmsTxt', 'The pages of the documentation, for language models'),
      answers: [{ status: 200, description: 'A list with links.', content: { 'text/plain': Type.String() } }],
    },
    {
      ...open('/openapi.json', 'getOpenApi', 'This description'),
      answers: [json(Type.Object({}, { additionalProperties: true }), 'OpenAPI 3.1.')],
    },
  ];
}

const open = (path: string, id: string, summary: string) =>
  ({
    method: 'get',
    path,
    id,
    tag: 'Service',
    summary,
    access: 'none',
    errors: { shape: 'chat-completions', codes: [] },
  }) satisfies Omit<Operation, 'answers'>;

const readiness = (status: string) =>
  Type.Object({
    status: Type.Literal(status),
    checks: Type.Record(Type.String(), Type.String(), { description: CHECKS }),
  });

const CHECKS =
  'How `process`, `storage`, `wallet` and `upstreams` stand. What begins with `warning` makes it no less ready.';

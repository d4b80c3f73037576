import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { Type } from '@sinclair/typebox';
import { FormatRegistry, TypeRegistry } from '@sinclair/typebox/type';
import { Value } from '@sinclair/typebox/value';
import { type AdminDeps, managementRoutes } from '../../src/admin/handler.ts';
import { catalogue } from '../../src/errors/catalogue.ts';
import { loadCatalog } from '../../src/models/catalog.ts';
import { chatChecks } from '../../src/protocols/chat-completions/check-request.ts';
import { messagesChecks } from '../../src/protocols/messages/check-request.ts';
import { PLAIN } from '../../src/server/answer.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { operations } from '../../src/site/openapi/openapi-document.ts';
import type { Operation } from '../../src/site/openapi/operation.ts';
import { cleanUp, serving, workingFolder } from '../support/gateway-process.ts';

const ADMIN = 'an-admin-token-of-thirty-two-characters';
const KEY = 'sk-byts-a-bootstrap-key-of-thirty-two-characters';

interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<
    string,
    Record<string, { operationId: string; security: Record<string, unknown>[]; responses: Record<string, unknown> }>
  >;
  components: Record<string, Record<string, unknown>>;
}

/** Only their methods, paths and shapes are looked at: the handlers get nothing to work with. */
const management = managementRoutes({ money: {}, modelIds: [], dataFolder: '', publicUrl: '' } as unknown as AdminDeps);
const described = operations({ modelIds: [], management });

let url: string;
let document: Document;

beforeAll(async () => {
  FormatRegistry.Set('date-time', (text) => /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text));
  TypeRegistry.Set('Unsafe', (schema: { enum: unknown[] }, value) => schema.enum.includes(value));
  ({ url } = await serving(await workingFolder(), { BYTESPIKE_ADMIN_TOKEN: ADMIN, BYTESPIKE_BOOTSTRAP_KEY: KEY }));
  document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
});
afterAll(async () => {
  await cleanUp();
  FormatRegistry.Delete('date-time');
  TypeRegistry.Delete('Unsafe');
});

describe('the description of the API', () => {
  test('is OpenAPI 3.1 of this server', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url }]);
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(ids.length).toBe(described.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has every route of the server, and no other of the inference surface', () => {
    const inference = Object.entries(ROUTES).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const plain = Object.keys(PLAIN).map((path) => `GET ${path}`);
    const routes = [...inference, ...plain, ...management.map(({ method, path }) => `${method} ${path}`)];
    const known = described.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(routes.filter((route) => !known.includes(route))).toEqual([]);
    const more = known.filter((route) => !routes.includes(route));
    expect(more.sort()).toEqual([
      'GET /',
      'GET /docs',
      'GET /llms.txt',
      'GET /openapi.json',
      'GET /v1/models/{id}',
      'GET /v1/v1/models/{id}',
      'HEAD /',
      'HEAD /api/hello',
    ]);
  });

  test('has every error of the catalogue, with its status', () => {
    const text = JSON.stringify(document.components.schemas);
    for (const [name, { wireCode }] of Object.entries(catalogue)) expect(text).toContain(`"${wireCode ?? name}"`);
    const statuses = described.flatMap(({ errors }) => errors.codes);
    const missing = Object.keys(catalogue).filter((name) => !statuses.some((code) => code === name));
    // A described route knows its method.
    expect(missing).toEqual(['method_not_allowed']);
    const overloaded = document.paths['/v1/messages']?.post?.responses ?? {};
    expect(Object.keys(overloaded)).toContain('529');
  });

  test('has the errors of the model lists in both shapes, an IP rule’s among them', async () => {
    for (const path of ['/v1/models', '/v1/models/{id}', '/v1/v1/models', '/v1/v1/models/{id}']) {
      const refused = document.paths[path]?.get?.responses['403'] as Record<string, never> | undefined;
      expect([path, refused?.description]).toEqual([path, expect.stringContaining('permission_denied')]);
      expect(JSON.stringify(refused?.content)).toBe(
        '{"application/json":{"schema":{"anyOf":[{"$ref":"#/components/schemas/Error"},{"$ref":"#/components/schemas/MessagesError"}]}}}',
      );
    }
  });

  test('refers to nothing that is not there', () => {
    const refs = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? [];
    expect(refs.length).toBeGreaterThan(100);
    for (const ref of new Set(refs)) {
      const [, kind = '', name = ''] = /#\/components\/(\w+)\/([\w-]+)"$/.exec(ref) ?? [];
      expect([ref, document.components[kind]?.[name] !== undefined]).toEqual([ref, true]);
    }
  });

  test('has every request field that the gateway judges', () => {
    const fields = (id: string): string[] =>
      Object.keys(described.find((operation) => operation.id === id)?.body?.schema.properties ?? {});
    expect(fields('createChatCompletion')).toEqual(['model', 'messages', ...Object.keys(chatChecks)]);
    expect(fields('createMessage')).toEqual(['model', 'messages', ...Object.keys(messagesChecks)]);
  });

  test('asks for a key where one is needed, and nowhere else', async () => {
    for (const { method, path, access } of described) {
      const response = await fetch(url + path.replace('{id}', 'none'), {
        method: method.toUpperCase(),
        redirect: 'manual',
        ...(method === 'post' || method === 'put' ? { body: '{}' } : {}),
      });
      // Metrics are open to this machine.
      const expected = access !== 'none' && path !== '/metrics';
      expect([method, path, response.status === 401]).toEqual([method, path, expected]);
    }
  });

  test('names the filters of lists as they are', async () => {
    for (const { method, path, access, query } of described) {
      if (method !== 'get' || (access !== 'admin' && access !== 'key') || !path.startsWith('/api/')) continue;
      const response = await fetch(`${url}${path.replace('{id}', 'default')}?nonsense=1`, {
        headers: { authorization: `Bearer ${access === 'key' ? KEY : ADMIN}` },
      });
      const { error } = (await response.json()) as { error?: { message: string } };
      const allowed = /Allowed: (.*)\.$/.exec(error?.message ?? '')?.[1]?.split(', ') ?? [];
      expect([path, allowed.sort()]).toEqual([path, Object.keys(query ?? {}).sort()]);
    }
  });
});

describe('answers', () => {
  /** Calls a described route and holds the answer against its description. */
  async function call(
    id: string,
    options: { body?: unknown; path?: string; query?: string; headers?: Record<string, string> } = {},
  ) {
    const operation = described.find((candidate) => candidate.id === id) as Operation;
    const secret = operation.access === 'key' ? KEY : ADMIN;
    const response = await fetch(`${url}${options.path ?? operation.path}${options.query ?? ''}`, {
      method: operation.method.toUpperCase(),
      headers: { ...(operation.access === 'none' ? {} : { authorization: `Bearer ${secret}` }), ...options.headers },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const answer = operation.answers.find(({ status }) => status === response.status);
    const body: unknown = await response.json();
    expect([id, response.status, answer !== undefined, body]).toEqual([id, response.status, true, body]);
    const schema = closed(answer?.content['application/json'] ?? Type.Never());
    expect([id, [...Value.Errors(schema, body)].map(({ path, message }) => `${path}: ${message}`)]).toEqual([id, []]);
    return body as Record<string, string>;
  }

  test('of models are as described', async () => {
    const messages = [{ role: 'user', content: 'Hello' }];
    await call('createChatCompletion', { body: { model: 'deepseek-v4-pro', messages } });
    await call('createMessage', { body: { model: 'deepseek-v4-pro', max_tokens: 2000, messages } });
    await call('countTokens', { body: { model: 'deepseek-v4-pro', messages } });
    await call('listModels');
    await call('listModels', { headers: { 'anthropic-version': '2023-06-01' } });
    await call('getModel', { path: '/v1/models/gpt-5.4' });
    await call('getModelDoubled', { path: '/v1/v1/models/gpt-5.4' });
    await call('getModelDoubled', {
      path: '/v1/v1/models/gpt-5.4',
      headers: { 'anthropic-version': '2023-06-01' },
    });
  });

  test('of models and their errors carry no header that is not described', async () => {
    const made = await call('createKey', { body: { name: 'limited', quota: '1', rate_limit_5h: '1' } });
    const messages = [{ role: 'user', content: 'Hello' }];
    const good = { model: 'deepseek-v4-pro', max_tokens: 2000, messages };
    const bodies = { 200: good, 400: { ...good, container: 'one' }, 404: { ...good, model: 'none' } };
    for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/messages/count_tokens']) {
      for (const [status, body] of Object.entries(bodies)) {
        const response = await fetch(url + path, {
          method: 'POST',
          headers: { 'x-api-key': made.key ?? '', 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        await response.text();
        const known = document.paths[path]?.post?.responses[status] as { headers: Record<string, unknown> };
        const sent = [...response.headers.keys()].filter((name) => /^x-|request-id|retry-after/.test(name));
        expect([path, response.status]).toEqual([path, Number(status)]);
        expect([path, sent.filter((name) => known.headers[name] === undefined)]).toEqual([path, []]);
        expect([path, sent.includes('x-quota-remaining-credits')]).toEqual([path, true]);
      }
    }
    const failed = document.paths['/v1/messages']?.post?.responses[504] as { headers: Record<string, unknown> };
    expect(Object.keys(failed.headers)).toContain('retry-after');
  });

  test('of upstreams that leave a null out, or call a tool of another kind, are as described', () => {
    const schema = described.find(({ id }) => id === 'createChatCompletion')?.answers[0]?.content['application/json'];
    const calls = [
      { id: 'one', type: 'function', function: { name: 'look', arguments: '{}' } },
      { id: 'two', type: 'custom', custom: { name: 'write', input: 'x' } },
    ];
    const answer = {
      ...{ id: 'one', object: 'chat.completion', created: 1, model: 'gemini-3-1-pro' },
      choices: [{ index: 0, message: { role: 'assistant', tool_calls: calls }, finish_reason: 'tool_calls' }],
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    };
    expect([...Value.Errors(schema ?? Type.Never(), answer)]).toEqual([]);
  });

  test('of the service are as described', async () => {
    for (const id of ['getPricing', 'getHealth', 'getReadiness', 'getHello']) await call(id);
    expect(loadCatalog().cards.length).toBeGreaterThan(0);
  });

  test('of the management API are as described', async () => {
    const { id } = await call('createKey', { body: { name: 'described', quota: '1.5', rpm: 3, expires_in_days: 1 } });
    await call('listKeys');
    await call('getKey', { path: `/api/v1/keys/${id}` });
    await call('updateKey', { path: `/api/v1/keys/${id}`, body: { name: 'renamed' } });
    await call('rotateKey', { path: `/api/v1/keys/${id}/rotate` });
    await call('revokeKey', { path: `/api/v1/keys/${id}` });
    await call('createGroup', { body: { id: 'few', models: ['deepseek-v4-pro'], multiplier: '0.8' } });
    await call('updateGroup', { path: '/api/v1/groups/few', body: { multiplier: '0.9' } });
    await call('getGroup', { path: '/api/v1/groups/few' });
    await call('listGroups');
    await call('getWallet');
    const booking = { amount_usd: '5', note: 'described', idempotency_key: 'once' };
    await call('topUpWallet', { body: booking });
    await call('topUpWallet', { body: booking });
    await call('adjustWallet', { body: { amount_usd: '-1', idempotency_key: 'twice' } });
    await call('listTransactions');
    await call('listUsage');
    await call('listUsage', { query: '?group_by=day,model&simulated=include' });
    const token = await call('createAdminToken', { body: { name: 'second' } });
    await call('listAdminTokens');
    await call('revokeAdminToken', { path: `/api/v1/admin/tokens/${token.id}` });
    await call('listAudit');
    await call('getBalance');
    await call('getAccount');
    await call('listOwnUsage');
    await call('listOwnUsage', { query: '?limit=5' });
  });
});

/** The schema with every object closed that is not declared open: an answer with a field more is not as described. */
function closed<T>(schema: T): T {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed) as T;
  const copy = Object.fromEntries(
    Reflect.ownKeys(schema).map((key) => [key, closed((schema as Record<PropertyKey, unknown>)[key])]),
  ) as Record<PropertyKey, unknown>;
  if (copy.type === 'object' && copy.properties !== undefined) copy.additionalProperties ??= false;
  return copy as T;
}

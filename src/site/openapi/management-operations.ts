import { type TSchema, Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../errors/catalogue.ts';
import * as schemas from './management-schemas.ts';
import { type Answer, json, type ManagementRoute, type Operation, type Tag } from './operation.ts';

/** The management API: its routes as they are, with what a table of routes cannot say. Throws on a route without texts. */
export function managementOperations(routes: readonly ManagementRoute[]): Operation[] {
  return routes.map((route) => {
    const text = TEXTS[`${route.method} ${route.path}`];
    if (text === undefined) throw new RangeError(`the description of the API lacks ${route.method} ${route.path}`);
    const { bodyOptional, ...rest } = text;
    return {
      ...rest,
      method: route.method.toLowerCase() as Operation['method'],
      path: route.path,
      access: route.access,
      ...(route.body === undefined ? {} : { body: { schema: route.body, required: bodyOptional !== true } }),
      errors: { shape: 'chat-completions', codes: codes(route) },
    };
  });
}

interface Text {
  id: string;
  tag: Tag;
  summary: string;
  description?: string;
  query?: Record<string, TSchema>;
  bodyOptional?: true;
  answers: Answer[];
}

/** Which errors a route can answer with, by what it takes. */
function codes({ method, path, access, body }: ManagementRoute): ErrorCode[] {
  const found: ErrorCode[] = ['invalid_param', 'invalid_api_key', 'permission_denied'];
  if (path.includes('{')) found.push('not_found');
  if (method !== 'GET') found.push('conflict');
  if (body !== undefined) found.push('request_too_large', 'unsupported_media_type');
  if (access !== 'key') found.push('rate_limit_exceeded');
  return [...found, 'internal_error', 'storage_unavailable'];
}

const text = (description: string): TSchema => Type.String({ description });
const limit = (standard: number): TSchema =>
  Type.Integer({ minimum: 1, maximum: 1000, default: standard, description: 'Rows of a page.' });
const cursor = text('`next_cursor` of the page before.');
const instant = (what: string): TSchema =>
  text(`${what}: ISO 8601 such as 2026-05-21T14:00:00Z, a day, or Unix seconds; without a zone in UTC.`);
const oneOf = (description: string, ...values: string[]): TSchema =>
  Type.Unsafe<string>({ type: 'string', enum: values, description });

const period = { since: instant('From'), until: instant('Before') };
const usageFilters = {
  ...period,
  model: text('Id of a model.'),
  request_id: text('Value of `x-request-id`.'),
  simulated: oneOf(
    'Whether the built-in simulator counts: in rows unless it is left out, in sums only when it is asked for.',
    'include',
    'exclude',
    'only',
    'true',
    'false',
  ),
  limit: limit(50),
  cursor,
  group_by: text(
    '`day`, `hour`, `model`, `api_key`, or several of them with commas: sums instead of rows, all of them, without `limit` and `cursor`. Several together may make 30,000 sums; beyond that ask for a shorter time, for one model or key, or by one.',
  ),
};

const TEXTS: Record<string, Text> = {
  'POST /api/v1/keys': {
    id: 'createKey',
    tag: 'Keys',
    summary: 'Make a key',
    description: 'What is left out is unlimited. The secret is in this answer and nowhere else.',
    answers: [json(schemas.issuedKey, 'The key with its secret.', 201)],
  },
  'GET /api/v1/keys': {
    id: 'listKeys',
    tag: 'Keys',
    summary: 'List keys',
    query: {
      status: oneOf('Only keys of this status.', 'active', 'disabled', 'revoked'),
      group_id: text('Only keys of this group.'),
      name: text('Only keys of this name.'),
      limit: limit(100),
      cursor,
    },
    answers: [json(schemas.keyPage, 'Keys, without secrets.')],
  },
  'GET /api/v1/keys/{id}': {
    id: 'getKey',
    tag: 'Keys',
    summary: 'Show a key',
    answers: [json(schemas.key, 'The key, without its secret.')],
  },
  'PUT /api/v1/keys/{id}': {
    id: 'updateKey',
    tag: 'Keys',
    summary: 'Change a key',
    description: 'What is left out stays as it is. A limit below what is used stops new calls only.',
    answers: [json(schemas.key, 'The key as it is now.')],
  },
  'DELETE /api/v1/keys/{id}': {
    id: 'revokeKey',
    tag: 'Keys',
    summary: 'Revoke a key',
    description: 'For good. Its rows and its usage stay.',
    answers: [json(schemas.key, 'The revoked key.')],
  },
  'POST /api/v1/keys/{id}/rotate': {
    id: 'rotateKey',
    tag: 'Keys',
    summary: 'Give a key a new secret',
    description: 'The old secret works for `grace_seconds` more.',
    bodyOptional: true,
    answers: [json(schemas.issuedKey, 'The key with its new secret.')],
  },
  'GET /api/v1/groups': {
    id: 'listGroups',
    tag: 'Groups',
    summary: 'List groups',
    answers: [json(schemas.groupList, 'Every group.')],
  },
  'GET /api/v1/groups/{id}': {
    id: 'getGroup',
    tag: 'Groups',
    summary: 'Show a group',
    answers: [json(schemas.group, 'The group.')],
  },
  'POST /api/v1/groups': {
    id: 'createGroup',
    tag: 'Groups',
    summary: 'Make a group',
    answers: [json(schemas.group, 'The group.', 201)],
  },
  'PUT /api/v1/groups/{id}': {
    id: 'updateGroup',
    tag: 'Groups',
    summary: 'Change a group',
    answers: [json(schemas.group, 'The group as it is now.')],
  },
  'GET /api/v1/wallet': {
    id: 'getWallet',
    tag: 'Wallet',
    summary: 'Show the wallet',
    answers: [json(schemas.wallet, 'What is there, reserved and spent.')],
  },
  'PUT /api/v1/wallet': {
    id: 'updateWallet',
    tag: 'Wallet',
    summary: 'Make the wallet limited or unlimited',
    answers: [json(schemas.wallet, 'The wallet as it is now.')],
  },
  'POST /api/v1/wallet/topups': {
    id: 'topUpWallet',
    tag: 'Wallet',
    summary: 'Top the wallet up',
    description: 'Sent twice with one `idempotency_key`, it is booked once.',
    answers: [json(schemas.booking, 'Booked.', 201), json(schemas.booking, 'It was booked before.')],
  },
  'POST /api/v1/wallet/adjustments': {
    id: 'adjustWallet',
    tag: 'Wallet',
    summary: 'Correct the wallet, up or down',
    answers: [json(schemas.booking, 'Booked.', 201), json(schemas.booking, 'It was booked before.')],
  },
  'GET /api/v1/wallet/transactions': {
    id: 'listTransactions',
    tag: 'Wallet',
    summary: 'List bookings, newest first',
    query: {
      kind: oneOf('Only bookings of this kind.', 'top_up', 'adjustment', 'charge'),
      ...period,
      limit: limit(50),
      cursor,
    },
    answers: [json(schemas.transactionPage, 'Bookings.')],
  },
  'GET /api/v1/usage': {
    id: 'listUsage',
    tag: 'Usage',
    summary: 'List billed requests, or their sums',
    query: { ...usageFilters, api_key_id: text('Id of a key.') },
    answers: [json(schemas.usageAnswer, 'Newest first.')],
  },
  'GET /api/v1/admin/tokens': {
    id: 'listAdminTokens',
    tag: 'Administration',
    summary: 'List admin tokens',
    answers: [json(schemas.tokenList, 'Every token, without secrets.')],
  },
  'POST /api/v1/admin/tokens': {
    id: 'createAdminToken',
    tag: 'Administration',
    summary: 'Make an admin token',
    answers: [json(schemas.issuedToken, 'The token with its secret.', 201)],
  },
  'DELETE /api/v1/admin/tokens/{id}': {
    id: 'revokeAdminToken',
    tag: 'Administration',
    summary: 'Revoke an admin token',
    answers: [json(schemas.adminToken, 'The revoked token.')],
  },
  'POST /api/v1/admin/tokens/reset': {
    id: 'resetAdminTokens',
    tag: 'Administration',
    summary: 'Revoke every admin token and make a new one',
    answers: [json(schemas.issuedToken, 'The only token that is left, with its secret.', 201)],
  },
  'GET /api/v1/audit': {
    id: 'listAudit',
    tag: 'Administration',
    summary: 'List administrative acts, newest first',
    query: {
      action: text('Only acts of this kind, such as `key.create`.'),
      target: text('Only acts on this.'),
      limit: limit(50),
      cursor,
    },
    answers: [json(schemas.auditPage, 'Who did what, when, and from where.')],
  },
  'GET /api/v1/doctor': {
    id: 'runDoctor',
    tag: 'Administration',
    summary: 'Prove every balance and charge anew',
    answers: [json(schemas.doctor, 'What was found.')],
  },
  'POST /api/v1/backup': {
    id: 'createBackup',
    tag: 'Administration',
    summary: 'Copy the database while it serves',
    bodyOptional: true,
    answers: [json(schemas.backup, 'Where the copy is.', 201)],
  },
  'GET /v1/balance': {
    id: 'getBalance',
    tag: 'Account',
    summary: 'Show what the key can still spend',
    answers: [json(schemas.balance, 'The balance of this key.')],
  },
  'GET /api/v1/me/account': {
    id: 'getAccount',
    tag: 'Account',
    summary: 'Show the key, its limits and its models',
    answers: [json(schemas.account, 'About this key only.')],
  },
  'GET /api/v1/me/usage': {
    id: 'listOwnUsage',
    tag: 'Account',
    summary: 'List what the key used',
    description:
      'Sums are of the last 30 days unless `since` and `until` say otherwise, and span 90 days at most. Rows are all there are.',
    query: usageFilters,
    answers: [
      json(
        schemas.ownUsageAnswer,
        'Sums by day; with `limit`, `cursor` or `request_id` the rows, newest first, as `GET /api/v1/usage` has them.',
      ),
    ],
  },
};

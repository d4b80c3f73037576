import { type Static, Type } from '@sinclair/typebox';
import { parseUsd } from '../billing/rates.ts';
import { GatewayError } from '../errors/catalogue.ts';
import { DEFAULT_GROUP, type Key } from '../keys/key.ts';
import { type KeySettings, NO_LIMITS } from '../keys/key-service.ts';
import { checkIpRules } from '../limits/ip-rules.ts';
import { BodyReader } from './body.ts';

const orNull = <T extends ReturnType<typeof Type.Union> | ReturnType<typeof Type.Integer>>(
  type: T,
  description: string,
) => Type.Optional(Type.Union([type, Type.Null()], { description }));

const amount = orNull(
  Type.Union([Type.String(), Type.Number()]),
  'USD as a decimal such as "12.50"; 0 means unlimited',
);
const count = orNull(
  Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 }),
  'a whole number up to 1000000000000; 0 means unlimited',
);
const texts = (what: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 200 }), { maxItems: 1_000, description: `a list of ${what}` }));

const settings = {
  name: Type.String({ minLength: 1, maxLength: 200, description: 'a text of 1 to 200 characters' }),
  group_id: Type.Optional(
    Type.Union([Type.String({ maxLength: 64 }), Type.Null()], { description: 'the id of a group, such as "default"' }),
  ),
  quota: amount,
  rate_limit_5h: amount,
  rate_limit_1d: amount,
  rate_limit_7d: amount,
  rpm: count,
  tpm: count,
  concurrency: count,
  ip_whitelist: texts('addresses and CIDR ranges'),
  ip_blacklist: texts('addresses and CIDR ranges'),
  models: texts('model ids; empty means all that the group reaches'),
  expires_in_days: Type.Optional(
    Type.Union([Type.Number({ minimum: 0, maximum: 36_500 }), Type.Null()], {
      description: 'a number of days up to 36500; 0 or null means never',
    }),
  ),
  on_limit: Type.Optional(
    Type.Union([Type.Literal('shrink'), Type.Literal('refuse')], { description: 'one of: shrink, refuse' }),
  ),
};

/** Long enough not to be guessed, and fit for a header. */
const customKey = Type.Optional(
  Type.String({
    pattern: '^[!-~]{16,256}$',
    description: 'a secret of 16 to 256 visible ASCII characters without spaces; 32 and more are advised',
  }),
);

const createSchema = Type.Object({ ...settings, custom_key: customKey }, { additionalProperties: false });
const updateSchema = Type.Object(
  {
    ...settings,
    name: Type.Optional(settings.name),
    status: Type.Optional(
      Type.Union([Type.Literal('active'), Type.Literal('disabled')], {
        description: 'one of: active, disabled; DELETE revokes',
      }),
    ),
  },
  { additionalProperties: false },
);
const rotateSchema = Type.Object(
  {
    grace_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 2_592_000,
        description: 'a whole number of seconds up to 30 days (2592000)',
      }),
    ),
    custom_key: customKey,
  },
  { additionalProperties: false },
);

export const createBody = new BodyReader(createSchema);
export const updateBody = new BodyReader(updateSchema);
export const rotateBody = new BodyReader(rotateSchema);

/** The settings that a body gives, in the words of the program. Throws `invalid_param`. */
export function toChanges(
  body: Static<typeof updateSchema>,
  nowMs: number,
  models: ModelNames,
): Partial<KeySettings & Pick<Key, 'status'>> {
  const changes: Partial<KeySettings & Pick<Key, 'status'>> = {};
  if (body.name !== undefined) changes.name = body.name;
  if (body.group_id !== undefined) changes.groupId = body.group_id ?? DEFAULT_GROUP;
  for (const [name, field] of AMOUNTS) {
    if (body[name] !== undefined) changes[field] = parseUsd(body[name] ?? 0, name);
  }
  for (const name of ['rpm', 'tpm', 'concurrency'] as const) {
    if (body[name] !== undefined) changes[name] = body[name] ?? 0;
  }
  for (const [name, field] of ADDRESSES) {
    const rules = body[name];
    if (rules === undefined) continue;
    checkIpRules(rules, name);
    changes[field] = rules;
  }
  if (body.models !== undefined) changes.models = checkModels(body.models, models);
  if (body.expires_in_days !== undefined) changes.expiresAt = expiry(body.expires_in_days, nowMs);
  if (body.on_limit !== undefined) changes.onLimit = body.on_limit;
  if (body.status !== undefined) changes.status = body.status;
  return changes;
}

/** All settings of a new key: what the body leaves out is unlimited. Throws `invalid_param`. */
export function toSettings(body: Static<typeof createSchema>, nowMs: number, models: ModelNames): KeySettings {
  const { custom_key: _secret, ...given } = body;
  const { status: _status, ...changes } = toChanges(given, nowMs, models);
  return { ...NO_LIMITS, ...changes, name: body.name };
}

/** What the catalog calls its models. */
export interface ModelNames {
  modelIds: readonly string[];
  /** The id of a model that is named by id or alias; any other name as it is. */
  modelIdOf: (name: string) => string;
}

/** The ids of the models named, by id or alias. Throws `invalid_param` that names the model which is not in the catalog. */
export function checkModels(names: readonly string[], { modelIds, modelIdOf }: ModelNames): string[] {
  const ids = names.map(modelIdOf);
  for (const [index, id] of ids.entries()) {
    if (modelIds.includes(id)) continue;
    throw new GatewayError(
      'invalid_param',
      `models[${index}] is no model of the catalog. Allowed: ${modelIds.join(', ')}.`,
      { param: `models[${index}]` },
    );
  }
  return [...new Set(ids)];
}

const AMOUNTS = [
  ['quota', 'quota'],
  ['rate_limit_5h', 'limit5h'],
  ['rate_limit_1d', 'limit1d'],
  ['rate_limit_7d', 'limit7d'],
] as const;
const ADDRESSES = [
  ['ip_whitelist', 'ipAllow'],
  ['ip_blacklist', 'ipDeny'],
] as const;
const DAY_MS = 86_400_000;

function expiry(days: number | null, nowMs: number): number | undefined {
  return days === null || days === 0 ? undefined : Math.ceil(nowMs + days * DAY_MS);
}

import { type Static, Type } from '@sinclair/typebox';
import { plainDecimal } from '../billing/usd.ts';
import { GatewayError } from '../errors/catalogue.ts';
import type { GroupSettings } from '../keys/group-service.ts';
import type { Group } from '../keys/key.ts';
import { answer, isoTime } from './answer.ts';
import { BodyReader } from './body.ts';
import type { AdminDeps } from './handler.ts';
import { checkModels, type ModelNames } from './key-body.ts';
import type { Route } from './route.ts';

const settings = {
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'a text of 1 to 200 characters' })),
  models: Type.Optional(
    Type.Union([Type.Array(Type.String({ maxLength: 200 }), { maxItems: 1_000 }), Type.Null()], {
      description: 'a list of model ids; null means every model',
    }),
  ),
  multiplier: Type.Optional(
    Type.Union([Type.String(), Type.Number()], { description: 'a decimal from 0 to 1000 such as "0.8"' }),
  ),
  exclusive: Type.Optional(Type.Boolean({ description: 'true or false' })),
};
const createBody = new BodyReader(
  Type.Object(
    {
      ...settings,
      id: Type.String({
        pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
        description: 'up to 63 characters of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit',
      }),
    },
    { additionalProperties: false },
  ),
);
const updateSchema = Type.Object(settings, { additionalProperties: false });
const updateBody = new BodyReader(updateSchema);

/** `/api/v1/groups`: which models a key reaches, and at what multiple of their price. */
export function groupRoutes({ money, ...models }: AdminDeps): Route[] {
  const { groups } = money;
  return [
    {
      method: 'GET',
      path: '/api/v1/groups',
      access: 'admin',
      handle: () => answer({ data: groups.list().map(groupRow) }),
    },
    {
      method: 'GET',
      path: '/api/v1/groups/{id}',
      access: 'admin',
      handle: ({ params }) => answer(groupRow(groups.get(params.id ?? ''))),
    },
    {
      method: 'POST',
      path: '/api/v1/groups',
      access: 'admin',
      body: createBody.schema,
      async handle({ request, actor }) {
        const { id, ...body } = await createBody.read(request);
        const group = { name: id, models: undefined, multiplier: '1', exclusive: false, ...toChanges(body, models) };
        return answer(groupRow(await groups.create(id, group, actor)), 201);
      },
    },
    {
      method: 'PUT',
      path: '/api/v1/groups/{id}',
      access: 'admin',
      body: updateBody.schema,
      async handle({ request, params, actor }) {
        const { id, name } = groups.get(params.id ?? '');
        const changes = toChanges(await updateBody.read(request, { name }), models);
        return answer(groupRow(await groups.update(id, changes, actor)));
      },
    },
  ];
}

function groupRow(group: Group) {
  return {
    id: group.id,
    name: group.name,
    models: group.models ?? null,
    multiplier: group.multiplier,
    exclusive: group.exclusive,
    created_at: isoTime(group.createdAt),
    updated_at: isoTime(group.updatedAt),
  };
}

function toChanges(body: Static<typeof updateSchema>, models: ModelNames): Partial<GroupSettings> {
  const changes: Partial<GroupSettings> = {};
  if (body.name !== undefined) changes.name = body.name;
  if (body.models !== undefined) changes.models = body.models === null ? undefined : checkModels(body.models, models);
  if (body.multiplier !== undefined) changes.multiplier = checkMultiplier(body.multiplier);
  if (body.exclusive !== undefined) changes.exclusive = body.exclusive;
  return changes;
}

/** As plain decimal text. A number is taken by the shortest decimal that names it. */
function checkMultiplier(value: string | number): string {
  const text = typeof value === 'number' ? plainDecimal(value) : value.trim();
  if (/^\d{1,4}(\.\d{1,9})?$/.test(text) && Number(text) <= 1_000) return text;
  throw new GatewayError(
    'invalid_param',
    'multiplier must be a decimal from 0 to 1000 with at most 9 places, such as "0.8".',
    { param: 'multiplier' },
  );
}

import { Type } from '@sinclair/typebox';
import type { IssuedToken } from '../keys/admin-token-service.ts';
import type { AdminToken } from '../keys/key.ts';
import { answer, isoTime } from './answer.ts';
import { BodyReader } from './body.ts';
import type { AdminDeps } from './handler.ts';
import type { Route } from './route.ts';

const createBody = new BodyReader(
  Type.Object(
    {
      name: Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._@ -]{0,63}$',
        description: 'up to 64 characters of letters, digits, space and ._@-, beginning with a letter or digit',
      }),
    },
    { additionalProperties: false },
  ),
);

/** `/api/v1/admin/tokens`: one named secret per administrator, so that the audit log says who it was. */
export function tokenRoutes({ money }: AdminDeps): Route[] {
  const { adminTokens } = money;
  return [
    {
      method: 'GET',
      path: '/api/v1/admin/tokens',
      access: 'admin',
      handle: () => answer({ data: adminTokens.list().map(tokenRow) }),
    },
    {
      method: 'POST',
      path: '/api/v1/admin/tokens',
      access: 'admin',
      body: createBody.schema,
      async handle({ request, actor }) {
        const { name } = await createBody.read(request);
        return answer(issued(await adminTokens.create(name, actor)), 201);
      },
    },
    {
      method: 'DELETE',
      path: '/api/v1/admin/tokens/{id}',
      access: 'admin',
      handle: async ({ params, actor }) => answer(tokenRow(await adminTokens.revoke(params.id ?? '', actor))),
    },
    {
      method: 'POST',
      path: '/api/v1/admin/tokens/reset',
      access: 'admin',
      handle: async ({ actor }) => answer(issued(await adminTokens.reset(actor)), 201),
    },
  ];
}

function tokenRow(token: AdminToken) {
  return {
    id: token.id,
    name: token.name,
    status: token.revokedAt === undefined ? 'active' : 'revoked',
    created_at: isoTime(token.createdAt),
    revoked_at: isoTime(token.revokedAt),
  };
}

/** `token` is shown this once. */
const issued = ({ token, secret }: IssuedToken) => ({ ...tokenRow(token), token: secret });

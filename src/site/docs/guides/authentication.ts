import { KEY_VARIABLE } from '../pages/quickstart-code.ts';
import { code, type DocPage, h2, list, p, table } from '../structure/document.ts';
import type { SiteContext } from '../structure/site-context.ts';

export function authenticationGuide({ publicUrl }: SiteContext): DocPage {
  return {
    path: '/docs/guides/authentication',
    title: 'Authentication',
    summary: 'One key for both protocols, in either of two headers; an admin token for the management API.',
    blocks: [
      h2('API keys'),
      p('Send the key in either header, on every surface. With both, `x-api-key` wins.'),
      table(
        'Headers that carry the key',
        ['Header', 'Sent by'],
        [
          ['`Authorization: Bearer sk-byts-…`', 'OpenAI SDKs, and Anthropic SDKs with `auth_token`'],
          ['`x-api-key: sk-byts-…`', 'Anthropic SDKs with `api_key`'],
        ],
      ),
      p(
        'Missing, malformed and unknown keys get one and the same answer, so that nothing is learnt by trying. Revoked, disabled and expired keys are told so.',
      ),
      h2('What a key knows of itself'),
      code('sh', `curl ${publicUrl}/v1/balance -H "Authorization: Bearer $${KEY_VARIABLE}"`, 'What it can still spend'),
      code(
        'sh',
        `curl ${publicUrl}/api/v1/me/account -H "Authorization: Bearer $${KEY_VARIABLE}"`,
        'Its limits and models',
      ),
      code(
        'sh',
        `curl ${publicUrl}/api/v1/me/usage -H "Authorization: Bearer $${KEY_VARIABLE}"`,
        'What it used, by day',
      ),
      p('What the simulator answered is left out of sums: `?simulated=include` counts it too, `only` nothing else.'),
      h2('Making keys'),
      p(
        'The management API takes the admin token. A secret is in the answer that made it and nowhere else: it is stored hashed only.',
      ),
      code(
        'sh',
        `curl ${publicUrl}/api/v1/keys \\
  -H "Authorization: Bearer $BYTESPIKE_ADMIN_TOKEN" \\
  -H "content-type: application/json" \\
  -d '{ "name": "my-app", "quota": "25.00", "rpm": 60 }'`,
      ),
      p('The [console](/console) has a form for it, and bars that show how far each limit is used up.'),
      p('On the machine itself the command line does the same, without a token: `npx bytespike keys create --help`.'),
      h2('Keeping it safe'),
      list(
        'Replace a key without an outage: `POST /api/v1/keys/{id}/rotate` with `grace_seconds`, for which the old secret goes on working.',
        'Give a key `ip_whitelist`, `models`, a `quota` and `expires_in_days`: what it cannot do, nobody can do with it.',
        'Generated secrets carry a checksum, by which secret scanners tell them from chance.',
        'The first admin token is `BYTESPIKE_ADMIN_TOKEN` where that is set. Else it was made at the first start: shown once on the terminal, or, without one, written to `first-start.txt` in the data folder. `npx bytespike admin reset` makes a new one.',
      ),
    ],
  };
}

import { type Operation, tags } from '../../openapi/operation.ts';
import { type Block, code, type DocPage, h2, h3, p, slug, table } from '../structure/document.ts';
import type { SiteContext } from '../structure/site-context.ts';
import { schemaRows, typeText } from './schema-rows.ts';

/** Every route, from the same description as `/openapi.json`. */
export function apiPage({ operations, publicUrl }: SiteContext): DocPage {
  return {
    path: '/docs/api',
    title: 'API reference',
    summary: 'Every route with its fields, from the OpenAPI description that this installation serves.',
    blocks: [
      p(
        'Generators and other programs take the description itself. Errors of every route are in [errors](/docs/guides/errors).',
      ),
      code('sh', `curl ${publicUrl}/openapi.json`),
      ...Object.entries(tags).flatMap(([tag, description]) => [
        h2(tag),
        p(description),
        ...operations.filter((operation) => operation.tag === tag && operation.deprecated !== true).flatMap(route),
      ]),
    ],
  };
}

function route(operation: Operation): Block[] {
  const { method, path, id, summary, description, access, query, body, answers } = operation;
  const name = `${method.toUpperCase()} ${path}`;
  return [
    h3(`\`${name}\``, slug(id)),
    p([`${summary}.`, description, ACCESS[access]].filter((text) => text !== undefined).join(' ')),
    ...fields(`Query of ${name}`, 'Query', query === undefined ? [] : schemaRows({ properties: query } as never)),
    ...fields(`Body of ${name}`, 'Body', body === undefined ? [] : schemaRows(body.schema)),
    ...answers.flatMap((answer) => {
      const schema = answer.content['application/json'];
      const rows = schema === undefined ? [] : schemaRows(schema);
      const type = schema === undefined || rows.length > 0 ? '' : ` A ${typeText(schema)}.`;
      return [
        p(`**${answer.status}** ${answer.description}${type}`),
        ...fields(`Answer ${answer.status} of ${name}`, 'Field', rows),
      ];
    }),
  ];
}

function fields(caption: string, head: string, rows: string[][]): Block[] {
  return rows.length === 0 ? [] : [table(caption, [head, 'Type', 'Meaning'], rows)];
}

const ACCESS: Record<Operation['access'], string | undefined> = {
  none: undefined,
  key: 'Takes an API key.',
  admin: 'Takes the admin token.',
  socket: 'Only for the command line on the machine itself.',
};

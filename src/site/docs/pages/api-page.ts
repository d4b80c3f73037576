import type { TSchema } from '@sinclair/typebox';
import { type Operation, tags } from '../../openapi/operation.ts';
import { type Block, code, type DocPage, h2, h3, p, slug, table } from '../structure/document.ts';
import type { SiteContext } from '../structure/site-context.ts';
import { schemaRows, typeText } from './schema-rows.ts';

/** Every route, from the same description as `/openapi.json`. */
export function apiPage({ operations, publicUrl }: SiteContext): DocPage {
  const shown = operations.filter(({ deprecated }) => deprecated !== true);
  const known: KnownFields[] = [];
  return {
    path: '/docs/api',
    title: 'API reference',
    summary: 'Every route with its fields, from the OpenAPI description that this installation serves.',
    blocks: [
      p(
        'Generators and other programs take the description itself. Errors of every route are in [errors](/docs/guides/errors).',
      ),
      code('sh', `curl ${publicUrl}/openapi.json`),
      h2('Routes'),
      table(
        'Routes',
        ['Route', 'What it does', 'Takes'],
        shown.map((operation) => [
          `[${nameOf(operation)}](#${slug(operation.id)})`,
          operation.summary,
          TAKES[operation.access],
        ]),
        { narrow: 'stack' },
      ),
      ...Object.entries(tags).flatMap(([tag, description]) => [
        h2(tag),
        p(description),
        ...shown.filter((operation) => operation.tag === tag).flatMap((operation) => route(operation, known)),
      ]),
    ],
  };
}

const nameOf = ({ method, path }: Operation): string => `${method.toUpperCase()} ${path}`;

/** Fields that the page has shown: where, and which. */
interface KnownFields {
  link: string;
  rows: string[][];
}

function route(operation: Operation, known: KnownFields[]): Block[] {
  const { id, summary, description, access, query, body, answers } = operation;
  const name = nameOf(operation);
  const link = `[${name}](#${slug(id)})`;
  return [
    h3(`\`${name}\``, slug(id)),
    p([`${summary}.`, description, ACCESS[access]].filter((text) => text !== undefined).join(' ')),
    ...fields(`Query of ${name}`, 'Query', query === undefined ? [] : schemaRows({ properties: query } as never)),
    ...fields(`Body of ${name}`, 'Body', body === undefined ? [] : schemaRows(body.schema)),
    ...answers.flatMap((answer) => {
      const schema = answer.content['application/json'];
      const said = `**${answer.status}** ${answer.description}`;
      if (schema === undefined) return [p(said)];
      const shapes: TSchema[] = Array.isArray(schema.anyOf) ? schema.anyOf : [schema];
      return shapes.flatMap((shape, index) => {
        const list = shape.type === 'array';
        const rows = schemaRows(list ? (shape.items ?? {}) : shape);
        const kind = list ? ` A ${typeText(shape)}.` : '';
        const text = index === 0 ? `${said}${kind}` : 'Or, in the other shape:';
        return answerFields(
          text,
          `Answer ${answer.status} of ${name}${index === 0 ? '' : ' in the other shape'}`,
          rows,
          {
            link,
            known,
          },
        );
      });
    }),
  ];
}

const ITEM = 'data[].';

/** What was shown before is referred to: one table of a key's fields is enough. */
function answerFields(
  text: string,
  caption: string,
  rows: string[][],
  shown: { link: string; known: KnownFields[] },
): Block[] {
  // Rows of a list have most often been shown as answers of their own.
  const items = rows.filter(([field]) => field?.startsWith(`\`${ITEM}`));
  const item = items.map(([field = '', ...rest]) => [field.replace(ITEM, ''), ...rest]);
  const like = referTo(item, shown.known);
  if (item.length >= WORTH_REFERRING && like !== undefined && like.added.length === 0) {
    const others = rows.filter((row) => !items.includes(row));
    return [p(`${text} Each of \`data\` has the fields of ${like.text}.`), ...fields(caption, 'Field', others)];
  }
  const whole = rows.length < WORTH_REFERRING ? undefined : referTo(rows, shown.known);
  if (whole === undefined) {
    if (rows.length >= WORTH_REFERRING) shown.known.push({ link: shown.link, rows });
    return [p(text), ...fields(caption, 'Field', rows)];
  }
  return [
    p(`${text} The fields of ${whole.text}${whole.added.length === 0 ? '.' : ', and:'}`),
    ...fields(caption, 'Field', whole.added),
  ];
}

/** Fewer fields are shown again. */
const WORTH_REFERRING = 4;

/** Fields shown before that are these but for one, or hold all of these; and what these have beyond them. */
function referTo(rows: string[][], known: KnownFields[]): { text: string; added: string[][] } | undefined {
  const lines = new Set(rows.map(String));
  const like = known.find((one) => {
    const common = one.rows.filter((row) => lines.has(String(row))).length;
    return common >= one.rows.length - 1 || common === rows.length;
  });
  if (like === undefined) return undefined;
  const before = new Set(like.rows.map(String));
  const missing = like.rows
    .filter((row) => !lines.has(String(row)))
    .map(([field]) => field?.replace(' (required)', ''));
  return {
    text: `${like.link}${missing.length === 0 ? '' : ` without ${missing.join(', ')}`}`,
    added: rows.filter((row) => !before.has(String(row))),
  };
}

function fields(caption: string, head: string, rows: string[][]): Block[] {
  return rows.length === 0 ? [] : [table(caption, [head, 'Type', 'Meaning'], rows, { narrow: 'stack' })];
}

/** Short: the table of routes stays one line a row. */
const TAKES: Record<Operation['access'], string> = {
  none: 'nothing',
  key: 'API key',
  admin: 'admin token',
  socket: 'command line',
};

const ACCESS: Record<Operation['access'], string | undefined> = {
  none: undefined,
  key: 'Takes an API key.',
  admin: 'Takes the admin token.',
  socket: 'Only for the command line on the machine itself.',
};

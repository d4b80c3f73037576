import { type LiteralStyle, literal } from './literal.ts';
import { KEY_VARIABLE, pathOf, type SnippetRequest } from './snippet-request.ts';

/** A `curl` command for a POSIX shell; it prints the answer, frame by frame when it streams. */
export function curlSnippet({ baseUrl, protocol, body }: SnippetRequest): string {
  const headers =
    protocol === 'messages'
      ? [`"x-api-key: $${KEY_VARIABLE}"`, '"anthropic-version: 2023-06-01"', '"content-type: application/json"']
      : [`"Authorization: Bearer $${KEY_VARIABLE}"`, '"content-type: application/json"'];
  const lines = [
    `curl${body.stream === true ? ' -N' : ''} ${baseUrl}${pathOf[protocol]}`,
    ...headers.map((header) => `  -H ${header}`),
    `  -d ${singleQuoted(literal(body, 1, JSON_STYLE, true))}`,
  ];
  return lines.join(' \\\n');
}

const JSON_STYLE: LiteralStyle = {
  scalar: (value) => JSON.stringify(value),
  member: (name, value) => `${JSON.stringify(name)}: ${value}`,
  braces: ' ',
  indent: '  ',
  trailingComma: false,
  objectsInLine: false,
};

/** In single quotes a shell takes everything as it stands, but for the quote itself. */
function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

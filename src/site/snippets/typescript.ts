import { KEY_VARIABLE, type SnippetRequest } from './snippet-request.ts';

/** A program for Node or Bun with the vendor's own SDK: `npm install openai` or `npm install @anthropic-ai/sdk`. */
export function typescriptSnippet({ baseUrl, protocol, body }: SnippetRequest): string {
  const messages = protocol === 'messages';
  const name = messages ? 'Anthropic' : 'OpenAI';
  const stream = body.stream === true;
  return [
    `import ${name} from '${messages ? '@anthropic-ai/sdk' : 'openai'}';`,
    '',
    `const client = new ${name}({`,
    `  apiKey: process.env.${KEY_VARIABLE},`,
    `  baseURL: '${baseUrl}${messages ? '' : '/v1'}',`,
    '});',
    `const ${stream ? 'stream' : 'answer'} = await client.${messages ? 'messages' : 'chat.completions'}.create(${literal(body, 0)});`,
    ...printing(messages, stream),
  ].join('\n');
}

/** JSON as people write it in TypeScript. What fits a line stays on it. */
function literal(value: unknown, depth: number): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const array = Array.isArray(value);
  const items = array
    ? value.map((item) => literal(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${propertyName(name)}: ${literal(item, depth + 1)}`);
  const [open, close] = array ? ['[', ']'] : ['{', '}'];
  const line = array ? `[${items.join(', ')}]` : items.length === 0 ? '{}' : `{ ${items.join(', ')} }`;
  if (depth > 0 && line.length <= 80 && !line.includes('\n')) return line;
  const indent = '  '.repeat(depth + 1);
  return `${open}\n${items.map((item) => `${indent}${item},`).join('\n')}\n${'  '.repeat(depth)}${close}`;
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  return json.includes("'") ? json : `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}

function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function printing(messages: boolean, stream: boolean): string[] {
  if (!stream) return [messages ? 'console.log(answer.content);' : 'console.log(answer.choices[0].message.content);'];
  return messages
    ? [
        'for await (const event of stream) {',
        "  if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {",
        '    process.stdout.write(event.delta.text);',
        '  }',
        '}',
      ]
    : ['for await (const chunk of stream) {', "  process.stdout.write(chunk.choices[0]?.delta.content ?? '');", '}'];
}

import { type LiteralStyle, literal } from './literal.ts';
import { KEY_VARIABLE, type SnippetRequest } from './snippet-request.ts';

/** A program for Node or Bun with the vendor's own SDK: `npm install openai` or `npm install @anthropic-ai/sdk`. */
export function typescriptSnippet({ baseUrl, protocol, body }: SnippetRequest): string {
  const messages = protocol === 'messages';
  const name = messages ? 'Anthropic' : 'OpenAI';
  const stream = body.stream === true;
  const library = messages ? '@anthropic-ai/sdk' : 'openai';
  return [
    `// npm install ${library}`,
    `import ${name} from '${library}';`,
    '',
    `const client = new ${name}({`,
    `  baseURL: '${baseUrl}${messages ? '' : '/v1'}',`,
    `  apiKey: process.env.${KEY_VARIABLE},`,
    '});',
    `const ${stream ? 'stream' : 'answer'} = await client.${messages ? 'messages' : 'chat.completions'}.create(${literal(body, 0, TYPESCRIPT_STYLE, true)});`,
    ...printing(messages, stream),
  ].join('\n');
}

const TYPESCRIPT_STYLE: LiteralStyle = {
  scalar: (value) => (typeof value === 'string' ? quoted(value) : JSON.stringify(value)),
  name: (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)),
  braces: ' ',
  indent: '  ',
  trailingComma: true,
  objectsInLine: true,
};

function quoted(text: string): string {
  const json = JSON.stringify(text);
  return json.includes("'") ? json : `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}

function printing(messages: boolean, stream: boolean): string[] {
  if (!stream) {
    return messages
      ? ['for (const block of answer.content) {', "  if (block.type === 'text') console.log(block.text);", '}']
      : ['console.log(answer.choices[0]?.message.content);'];
  }
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

import type { Protocol } from '../../protocols/protocol.ts';
import { type LiteralStyle, literal } from './literal.ts';
import { isSdkParameter } from './sdk-parameters.ts';
import { KEY_VARIABLE, type SnippetRequest } from './snippet-request.ts';

/** A program for Node or Bun with the vendor's own SDK: `npm install openai` or `npm install @anthropic-ai/sdk`. */
export function typescriptSnippet({ baseUrl, protocol, body }: SnippetRequest): string {
  const messages = protocol === 'messages';
  const name = messages ? 'Anthropic' : 'OpenAI';
  const stream = body.stream === true;
  const library = messages ? '@anthropic-ai/sdk' : 'openai';
  const spread = { any: false };
  const parameters = literal(body, 0, typescriptStyle(protocol, spread), true);
  return [
    `// npm install ${library}`,
    `import ${name} from '${library}';`,
    '',
    `const client = new ${name}({`,
    `  baseURL: '${baseUrl}${messages ? '' : '/v1'}',`,
    `  apiKey: process.env.${KEY_VARIABLE},`,
    '});',
    ...(spread.any ? ["// ...{ }: the library's types do not know this field, the API does."] : []),
    `const ${stream ? 'stream' : 'answer'} = await client.${messages ? 'messages' : 'chat.completions'}.create(${parameters});`,
    ...printing(messages, stream, body.tools !== undefined),
  ].join('\n');
}

/** A field that the SDK's types do not know is spread in, and noted: what is spread, the compiler lets pass. */
function typescriptStyle(protocol: Protocol, spread: { any: boolean }): LiteralStyle {
  const typed = (name: string, depth: number): boolean =>
    depth === 0 ? isSdkParameter(protocol, name) : protocol === 'messages' || name !== 'reasoning_content';
  return {
    scalar: (value) => (typeof value === 'string' ? quoted(value) : JSON.stringify(value)),
    member: (name, value, depth) => {
      const member = `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)}: ${value}`;
      if (typed(name, depth)) return member;
      spread.any = true;
      return `...{ ${member} }`;
    },
    braces: ' ',
    indent: '  ',
    trailingComma: true,
    objectsInLine: true,
  };
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  return json.includes("'") ? json : `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}

function printing(messages: boolean, stream: boolean, tools: boolean): string[] {
  if (messages) return stream ? printedEvents(tools) : printedBlocks(tools);
  return stream ? printedChunks(tools) : printedMessage(tools);
}

const printedBlocks = (tools: boolean): string[] => [
  'for (const block of answer.content) {',
  "  if (block.type === 'text') console.log(block.text);",
  ...(tools ? ["  if (block.type === 'tool_use') console.log(block.name, block.input);"] : []),
  '}',
];

const printedMessage = (tools: boolean): string[] =>
  tools
    ? [
        'const message = answer.choices[0]?.message;',
        'if (message?.content) console.log(message.content);',
        'for (const call of message?.tool_calls ?? []) {',
        "  if (call.type === 'function') console.log(call.function.name, call.function.arguments);",
        '}',
      ]
    : ['console.log(answer.choices[0]?.message.content);'];

const printedEvents = (tools: boolean): string[] => [
  'for await (const event of stream) {',
  "  if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {",
  '    process.stdout.write(event.delta.text);',
  ...(tools
    ? [
        "  } else if (event.type === 'content_block_start' && event.content_block.type === 'tool_use') {",
        "    process.stdout.write('\\n' + event.content_block.name + ' ');",
        "  } else if (event.type === 'content_block_delta' && event.delta.type === 'input_json_delta') {",
        '    process.stdout.write(event.delta.partial_json);',
      ]
    : []),
  '  }',
  '}',
];

const printedChunks = (tools: boolean): string[] => [
  'for await (const chunk of stream) {',
  "  process.stdout.write(chunk.choices[0]?.delta.content ?? '');",
  ...(tools
    ? [
        '  for (const call of chunk.choices[0]?.delta.tool_calls ?? []) {',
        "    if (call.function?.name) process.stdout.write('\\n' + call.function.name + ' ');",
        "    process.stdout.write(call.function?.arguments ?? '');",
        '  }',
      ]
    : []),
  '}',
];

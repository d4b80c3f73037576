import { type LiteralStyle, literal } from './literal.ts';
import { isSdkParameter } from './sdk-parameters.ts';
import { KEY_VARIABLE, type SnippetRequest } from './snippet-request.ts';

/** A program for Python 3 with the vendor's own SDK: `pip install openai` or `pip install anthropic`. */
export function pythonSnippet(request: SnippetRequest): string {
  const { baseUrl, protocol, body } = request;
  const messages = protocol === 'messages';
  const client = messages
    ? ['client = Anthropic(', `    base_url="${baseUrl}",`]
    : ['client = OpenAI(', `    base_url="${baseUrl}/v1",`];
  const call = messages ? 'client.messages.create' : 'client.chat.completions.create';
  const stream = body.stream === true;
  return [
    `# pip install ${messages ? 'anthropic' : 'openai'}`,
    'import os',
    messages ? 'from anthropic import Anthropic' : 'from openai import OpenAI',
    '',
    ...client,
    `    api_key=os.environ["${KEY_VARIABLE}"],`,
    ')',
    `${stream ? 'stream' : 'answer'} = ${call}(`,
    ...keywordArguments(request),
    ')',
    ...printing(messages, stream, body.tools !== undefined),
  ].join('\n');
}

/** Parameters of the SDK's method; any other field of the body goes through `extra_body`. */
function keywordArguments({ protocol, body }: SnippetRequest): string[] {
  const own = Object.entries(body).filter(([name]) => isSdkParameter(protocol, name));
  const others = Object.entries(body).filter(([name]) => !isSdkParameter(protocol, name));
  const lines = own.map(([name, value]) => `    ${name}=${literal(value, 1, PYTHON_STYLE)},`);
  return others.length === 0
    ? lines
    : [...lines, `    extra_body=${literal(Object.fromEntries(others), 1, PYTHON_STYLE)},`];
}

const PYTHON_STYLE: LiteralStyle = {
  scalar: (value) => (value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : string(value)),
  member: (name, value) => `${JSON.stringify(name)}: ${value}`,
  braces: '',
  indent: '    ',
  trailingComma: true,
  objectsInLine: true,
};

const string = (value: string | number): string => JSON.stringify(value);

function printing(messages: boolean, stream: boolean, tools: boolean): string[] {
  if (messages) return stream ? printedEvents(tools) : printedBlocks(tools);
  return stream ? printedChunks(tools) : printedMessage(tools);
}

const printedBlocks = (tools: boolean): string[] => [
  'for block in answer.content:',
  '    if block.type == "text":',
  '        print(block.text)',
  ...(tools ? ['    elif block.type == "tool_use":', '        print(block.name, block.input)'] : []),
];

const printedMessage = (tools: boolean): string[] =>
  tools
    ? [
        'message = answer.choices[0].message',
        'if message.content:',
        '    print(message.content)',
        'for call in message.tool_calls or []:',
        '    print(call.function.name, call.function.arguments)',
      ]
    : ['print(answer.choices[0].message.content)'];

const printedEvents = (tools: boolean): string[] => [
  'for event in stream:',
  '    if event.type == "content_block_delta" and event.delta.type == "text_delta":',
  '        print(event.delta.text, end="", flush=True)',
  ...(tools
    ? [
        '    elif event.type == "content_block_start" and event.content_block.type == "tool_use":',
        '        print(f"\\n{event.content_block.name} ", end="", flush=True)',
        '    elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":',
        '        print(event.delta.partial_json, end="", flush=True)',
      ]
    : []),
];

const printedChunks = (tools: boolean): string[] => [
  'for chunk in stream:',
  '    if chunk.choices and chunk.choices[0].delta.content:',
  '        print(chunk.choices[0].delta.content, end="", flush=True)',
  ...(tools
    ? [
        '    for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:',
        '        if call.function.name:',
        '            print(f"\\n{call.function.name} ", end="")',
        '        print(call.function.arguments or "", end="", flush=True)',
      ]
    : []),
];

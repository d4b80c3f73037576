import { type LiteralStyle, literal } from './literal.ts';
import { KEY_VARIABLE, type SnippetRequest } from './snippet-request.ts';

/** A program for Python 3 with the vendor's own SDK: `pip install openai` or `pip install anthropic`. */
export function pythonSnippet({ baseUrl, protocol, body }: SnippetRequest): string {
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
    ...keywordArguments(body, messages ? messagesArguments : chatArguments),
    ')',
    ...printing(messages, stream),
  ].join('\n');
}

/** Parameters of the SDK's method; any other field of the body goes through `extra_body`. */
const chatArguments = new Set(
  (
    'model messages stream stream_options max_tokens max_completion_tokens temperature top_p n stop seed tools ' +
    'tool_choice parallel_tool_calls response_format reasoning_effort presence_penalty frequency_penalty logprobs ' +
    'top_logprobs user metadata store'
  ).split(' '),
);
const messagesArguments = new Set(
  (
    'model messages stream max_tokens system temperature top_p top_k stop_sequences tools tool_choice thinking ' +
    'output_config metadata'
  ).split(' '),
);

function keywordArguments(body: Record<string, unknown>, known: ReadonlySet<string>): string[] {
  const own = Object.entries(body).filter(([name]) => known.has(name));
  const others = Object.entries(body).filter(([name]) => !known.has(name));
  const lines = own.map(([name, value]) => `    ${name}=${literal(value, 1, PYTHON_STYLE)},`);
  return others.length === 0
    ? lines
    : [...lines, `    extra_body=${literal(Object.fromEntries(others), 1, PYTHON_STYLE)},`];
}

const PYTHON_STYLE: LiteralStyle = {
  scalar: (value) => (value === null ? 'None' : value === true ? 'True' : value === false ? 'False' : string(value)),
  name: (name) => JSON.stringify(name),
  braces: '',
  indent: '    ',
  trailingComma: true,
  objectsInLine: true,
};

const string = (value: string | number): string => JSON.stringify(value);

function printing(messages: boolean, stream: boolean): string[] {
  if (!stream) {
    return messages
      ? ['for block in answer.content:', '    if block.type == "text":', '        print(block.text)']
      : ['print(answer.choices[0].message.content)'];
  }
  return messages
    ? [
        'for event in stream:',
        '    if event.type == "content_block_delta" and event.delta.type == "text_delta":',
        '        print(event.delta.text, end="", flush=True)',
      ]
    : [
        'for chunk in stream:',
        '    if chunk.choices and chunk.choices[0].delta.content:',
        '        print(chunk.choices[0].delta.content, end="", flush=True)',
      ];
}

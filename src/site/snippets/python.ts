import { KEY_VARIABLE, type SnippetRequest } from './snippet-request.ts';

/** A program for Python 3 with the vendor's own SDK: `pip install openai` or `pip install anthropic`. */
export function pythonSnippet({ baseUrl, protocol, body }: SnippetRequest): string {
  const messages = protocol === 'messages';
  const client = messages
    ? `client = Anthropic(api_key=os.environ["${KEY_VARIABLE}"], base_url="${baseUrl}")`
    : `client = OpenAI(api_key=os.environ["${KEY_VARIABLE}"], base_url="${baseUrl}/v1")`;
  const call = messages ? 'client.messages.create' : 'client.chat.completions.create';
  const stream = body.stream === true;
  return [
    'import os',
    messages ? 'from anthropic import Anthropic' : 'from openai import OpenAI',
    '',
    client,
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
  const lines = own.map(([name, value]) => `    ${name}=${literal(value, 1)},`);
  return others.length === 0 ? lines : [...lines, `    extra_body=${literal(Object.fromEntries(others), 1)},`];
}

/** JSON as Python writes it, `depth` levels in. What fits a line stays on it. */
function literal(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const array = Array.isArray(value);
  const items = array
    ? value.map((item) => literal(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${literal(item, depth + 1)}`);
  const [open, close] = array ? ['[', ']'] : ['{', '}'];
  const line = `${open}${items.join(', ')}${close}`;
  if (line.length <= 72 && !line.includes('\n')) return line;
  const indent = '    '.repeat(depth + 1);
  return `${open}\n${items.map((item) => `${indent}${item},`).join('\n')}\n${'    '.repeat(depth)}${close}`;
}

function printing(messages: boolean, stream: boolean): string[] {
  if (!stream) return [messages ? 'print(answer.content)' : 'print(answer.choices[0].message.content)'];
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

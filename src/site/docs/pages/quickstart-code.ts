import { type CodeBlock, code, type Tab } from '../structure/document.ts';

/** Examples that run as they are pasted, with the key in `$BYTESPIKE_API_KEY`, against this very installation. */
export interface ExampleTarget {
  /** Without trailing slash. */
  publicUrl: string;
  model: string;
}

export const KEY_VARIABLE = 'BYTESPIKE_API_KEY';
const GREETING = 'Hello, ByteSpike.';

export function chatTabs(target: ExampleTarget): Tab[] {
  return [
    { label: 'cURL', code: chatCurl(target) },
    { label: 'Python', code: chatPython(target) },
    { label: 'TypeScript', code: chatTypeScript(target) },
  ];
}

export function messagesTabs(target: ExampleTarget): Tab[] {
  return [
    { label: 'cURL', code: messagesCurl(target) },
    { label: 'Python', code: messagesPython(target) },
    { label: 'TypeScript', code: messagesTypeScript(target) },
  ];
}

/** A greeting by default; `extra` adds lines of JSON to the body. */
export function chatCurl({ publicUrl, model }: ExampleTarget, extra: string[] = []): CodeBlock {
  return code(
    'sh',
    `curl ${publicUrl}/v1/chat/completions \\
  -H "Authorization: Bearer $${KEY_VARIABLE}" \\
  -H "content-type: application/json" \\
  -d '${body(model, [...extra, '"messages": [', `  { "role": "user", "content": "${GREETING}" }`, ']'])}'`,
  );
}

export function messagesCurl({ publicUrl, model }: ExampleTarget, extra: string[] = []): CodeBlock {
  return code(
    'sh',
    `curl ${publicUrl}/v1/messages \\
  -H "x-api-key: $${KEY_VARIABLE}" \\
  -H "anthropic-version: 2023-06-01" \\
  -H "content-type: application/json" \\
  -d '${body(model, ['"max_tokens": 1024,', ...extra, '"messages": [', `  { "role": "user", "content": "${GREETING}" }`, ']'])}'`,
  );
}

function body(model: string, lines: string[]): string {
  return [`{`, `    "model": "${model}",`, ...lines.map((line) => `    ${line}`), `  }`].join('\n');
}

function chatPython({ publicUrl, model }: ExampleTarget): CodeBlock {
  return code(
    'python',
    `# pip install openai
import os
from openai import OpenAI

client = OpenAI(
    base_url="${publicUrl}/v1",
    api_key=os.environ["${KEY_VARIABLE}"],
)
completion = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "${GREETING}"}],
)
print(completion.choices[0].message.content)`,
  );
}

function messagesPython({ publicUrl, model }: ExampleTarget): CodeBlock {
  return code(
    'python',
    `# pip install anthropic
import os
from anthropic import Anthropic

client = Anthropic(
    base_url="${publicUrl}",
    api_key=os.environ["${KEY_VARIABLE}"],
)
message = client.messages.create(
    model="${model}",
    max_tokens=1024,
    messages=[{"role": "user", "content": "${GREETING}"}],
)
print("".join(block.text for block in message.content if block.type == "text"))`,
  );
}

function chatTypeScript({ publicUrl, model }: ExampleTarget): CodeBlock {
  return code(
    'typescript',
    `// npm install openai
import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: '${publicUrl}/v1',
  apiKey: process.env.${KEY_VARIABLE},
});
const completion = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: '${GREETING}' }],
});
console.log(completion.choices[0]?.message.content);`,
  );
}

function messagesTypeScript({ publicUrl, model }: ExampleTarget): CodeBlock {
  return code(
    'typescript',
    `// npm install @anthropic-ai/sdk
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({
  baseURL: '${publicUrl}',
  apiKey: process.env.${KEY_VARIABLE},
});
const message = await client.messages.create({
  model: '${model}',
  max_tokens: 1024,
  messages: [{ role: 'user', content: '${GREETING}' }],
});
for (const block of message.content) {
  if (block.type === 'text') console.log(block.text);
}`,
  );
}

import { expect, test } from 'bun:test';
import { curlSnippet } from './curl.ts';
import { pythonSnippet } from './python.ts';
import { greeting, type SnippetRequest } from './snippet-request.ts';
import { typescriptSnippet } from './typescript.ts';

/** Everything that quoting could get wrong. */
const body = {
  model: 'deepseek-v4-pro',
  messages: [
    { role: 'system', content: `It's "quoted", \`ticked\`, $HOME \${x} and \\n\nover two lines.` },
    { role: 'user', content: '你好 👋 </script>' },
  ],
  temperature: 0.5,
  stop: [],
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {}, 'x-y': null } } }],
  unknown_field: { on: true, off: false },
};
const request: SnippetRequest = { baseUrl: 'https://llm.example', protocol: 'chat-completions', body };

test('curl sends the body as it is', async () => {
  // A function of the shell's own stands in the place of the command, and prints what it would send.
  const script = `curl() { while [ "$1" != -d ]; do shift; done; printf %s "$2"; }\n${curlSnippet(request)}`;
  const shell = Bun.spawn(['sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(JSON.parse(await new Response(shell.stdout).text())).toEqual(body);
});

test('TypeScript sends the body as it is', () => {
  const literal = /\.create\((\{[\s\S]*?\n\})\);/.exec(typescriptSnippet(request))?.[1];
  expect(new Function(`return ${literal}`)()).toEqual(body);
});

const python = Bun.which('python3');

test.skipIf(python === null)('Python sends the body as it is (skipped where there is no Python)', async () => {
  // The clients are not installed here: one stands in for them that prints what it was called with.
  const stand = `
import json, os, sys, types
os.environ["BYTESPIKE_API_KEY"] = "sk-byts-x"
class Client:
    def __init__(self, **settings): self.settings = settings; self.chat = self; self.completions = self
    def create(self, extra_body=None, **body): print(json.dumps({**body, **(extra_body or {})})); sys.exit()
module = types.ModuleType("openai"); module.OpenAI = Client; sys.modules["openai"] = module
`;
  const child = Bun.spawn(['python3', '-c', stand + pythonSnippet(request)], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(JSON.parse(await new Response(child.stdout).text())).toEqual(body);
});

test('a greeting is as short as people would write it', () => {
  expect(
    curlSnippet(greeting('https://llm.example', 'messages', 'deepseek-v4-pro')),
  ).toBe(`curl https://llm.example/v1/messages \\
  -H "x-api-key: $BYTESPIKE_API_KEY" \\
  -H "anthropic-version: 2023-06-01" \\
  -H "content-type: application/json" \\
  -d '{
    "model": "deepseek-v4-pro",
    "max_tokens": 1024,
    "messages": [
      { "role": "user", "content": "Hello, ByteSpike." }
    ]
  }'`);
  expect(
    typescriptSnippet(greeting('https://llm.example', 'chat-completions', 'deepseek-v4-pro')),
  ).toBe(`// npm install openai
import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: 'https://llm.example/v1',
  apiKey: process.env.BYTESPIKE_API_KEY,
});
const answer = await client.chat.completions.create({
  model: 'deepseek-v4-pro',
  messages: [{ role: 'user', content: 'Hello, ByteSpike.' }],
});
console.log(answer.choices[0]?.message.content);`);
});

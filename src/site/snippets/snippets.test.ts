import { expect, test } from 'bun:test';
import type { Protocol } from '../../protocols/protocol.ts';
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

/** Runs the code; the clients are not installed here: one stands in for them. `python` is the body of its `create`. */
async function runPython(code: string, library: 'openai' | 'anthropic', create: string): Promise<string> {
  const client = library === 'openai' ? 'OpenAI' : 'Anthropic';
  const stand = `
import json, os, sys, types
os.environ["BYTESPIKE_API_KEY"] = "sk-byts-x"
class Client:
    def __init__(self, **settings): self.settings = settings; self.chat = self.completions = self.messages = self
    def create(self, extra_body=None, **body): ${create}
module = types.ModuleType("${library}"); module.${client} = Client; sys.modules["${library}"] = module
def of(value): return json.loads(value, object_hook=lambda fields: types.SimpleNamespace(**fields))
`;
  const child = Bun.spawn(['python3', '-c', stand + code], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Response(child.stdout).text();
}

test.skipIf(python === null)('Python sends the body as it is (skipped where there is no Python)', async () => {
  const sent = await runPython(
    pythonSnippet(request),
    'openai',
    'print(json.dumps({**body, **(extra_body or {})})); sys.exit()',
  );
  expect(JSON.parse(sent)).toEqual(body);
});

test("what a library has no parameter for goes around it: Anthropic's have none for the sampling", () => {
  const messages: SnippetRequest = {
    ...greeting('https://llm.example', 'messages', 'm'),
    body: { model: 'm', max_tokens: 9, messages: [], temperature: 0.5, top_p: 1, top_k: 4 },
  };
  expect(pythonSnippet(messages)).toContain('    extra_body={"temperature": 0.5, "top_p": 1, "top_k": 4},\n)');
  const note = "// ...{ }: the library's types do not know this field, the API does.";
  expect(typescriptSnippet(messages)).toContain('  ...{ temperature: 0.5 },\n');
  expect(typescriptSnippet(messages)).toContain(note);
  const asked = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'f(...{ a: 1 })' }] };
  expect(typescriptSnippet({ ...messages, body: asked })).not.toContain(note);
});

test.skipIf(python === null)('with tools on, Python prints the calls (skipped where there is no Python)', async () => {
  const print = (stream: boolean, protocol: Protocol, answer: unknown): Promise<string> => {
    const code = pythonSnippet({ ...request, protocol, body: { ...body, stream } });
    const library = protocol === 'messages' ? 'anthropic' : 'openai';
    return runPython(code, library, `return of(${JSON.stringify(JSON.stringify(answer))})`);
  };
  const call = { function: { name: 'f', arguments: '{"a":1}' } };
  const message = { content: null, tool_calls: [call] };
  expect(await print(false, 'chat-completions', { choices: [{ message }] })).toBe('f {"a":1}\n');
  const chunks = [{ choices: [] }, { choices: [{ delta: { content: null, tool_calls: [call] } }] }];
  expect(await print(true, 'chat-completions', chunks)).toBe('\nf {"a":1}');
  const use = { type: 'tool_use', name: 'f', input: [1] };
  expect(await print(false, 'messages', { content: [use] })).toBe('f [1]\n');
  const events = [
    { type: 'content_block_start', content_block: use },
    { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '[1]' } },
  ];
  expect(await print(true, 'messages', events)).toBe('\nf [1]');
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

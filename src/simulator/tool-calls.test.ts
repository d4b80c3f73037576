import { describe, expect, test } from 'bun:test';
import type { SimRequest, SimTool, ToolChoice, Turn } from './sim-request.ts';
import { chooseCalls } from './tool-calls.ts';

const object = (properties: object, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
});
const string = { type: 'string' };

const weather: SimTool = {
  name: 'get_weather',
  description: 'Get the current weather of a city',
  schema: object({ city: string, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } }, ['city']),
};
const time: SimTool = { name: 'get_time', description: 'Local time in a place', schema: object({ location: string }) };
const bash: SimTool = {
  name: 'Bash',
  description: 'Executes a given bash command.',
  schema: object({ command: string, description: string }, ['command']),
};
const read: SimTool = {
  name: 'Read',
  description: 'Reads a file from the local filesystem.',
  schema: object({ file_path: string }),
};
const search: SimTool = { name: 'web_search', description: 'Search the web', schema: object({ query: string }) };
const flight: SimTool = {
  name: 'book_flight',
  description: 'Book a flight',
  schema: object({ from: string, to: string, passengers: { type: 'integer', minimum: 1 } }),
};
const ping: SimTool = { name: 'ping', description: 'No parameters', schema: undefined };
const write: SimTool = {
  name: 'Write',
  description: 'Writes a file to the local filesystem.',
  schema: object({ file_path: string, content: { type: 'string', description: 'The content to write to the file' } }),
};
const clock: SimTool = { name: 'get_time', description: 'Local time', schema: object({ timezone: string }) };
const calculator: SimTool = { name: 'calculator', description: 'Does sums', schema: object({ expression: string }) };
const all = [weather, time, bash, read, search, flight];

function calls(text: string, tools: SimTool[] = all, toolChoice: ToolChoice = { type: 'auto' }, after: Turn[] = []) {
  const turns: Turn[] = [{ role: 'user', text, media: 0 }, ...after];
  return chooseCalls({ turns, tools, toolChoice } as SimRequest).map((call) => [call.name, JSON.parse(call.arguments)]);
}

describe('the calls follow from what is asked', () => {
  test.each<[string, [string, object][]]>([
    ["What's the weather in Paris?", [['get_weather', { city: 'Paris' }]]],
    ['Will it rain in New York? I use fahrenheit.', [['get_weather', { city: 'New York', unit: 'fahrenheit' }]]],
    [
      'Weather in Paris, Oslo and Rio de Janeiro?',
      [
        ['get_weather', { city: 'Paris' }],
        ['get_weather', { city: 'Oslo' }],
        ['get_weather', { city: 'Rio de Janeiro' }],
      ],
    ],
    [
      'What are the weather and the time in Tokyo?',
      [
        ['get_weather', { city: 'Tokyo' }],
        ['get_time', { location: 'Tokyo' }],
      ],
    ],
    ['run echo mock-tool-ok', [['Bash', { command: 'echo mock-tool-ok' }]]],
    [
      'Please read src/main.ts and package.json',
      [
        ['Read', { file_path: 'src/main.ts' }],
        ['Read', { file_path: 'package.json' }],
      ],
    ],
    ['Search the web for cheap bicycles', [['web_search', { query: 'Search the web for cheap bicycles' }]]],
    [
      'Book a flight from Lyon to Porto for 3 passengers',
      [['book_flight', { from: 'Lyon', to: 'Porto', passengers: 3 }]],
    ],
    ['Who wrote Faust?', []],
    ['What is a constructor?', []],
    ['Hello', []],
  ])('%s', (text, expected) => {
    expect(calls(text)).toEqual(expected as never[]);
  });

  test.each<[string, [string, object][]]>([
    ['Run `echo hello` with Bash and tell me the output.', [['Bash', { command: 'echo hello' }]]],
    ['"Use the Bash tool to run the command: echo ok"', [['Bash', { command: 'echo ok' }]]],
    ['Please run echo hi in the shell', [['Bash', { command: 'echo hi' }]]],
    ['Use the shell tool (Bash / execute command) to run the command: echo ok', [['Bash', { command: 'echo ok' }]]],
    [
      'Use the Bash tool to run exactly this command: printf "a b" > out.txt && cat out.txt',
      [['Bash', { command: 'printf "a b" > out.txt && cat out.txt' }]],
    ],
    ['Write "hi there" to hello.txt', [['Write', { file_path: 'hello.txt', content: 'hi there' }]]],
    [
      'Write a file named test.txt containing the word banana, please.',
      [['Write', { file_path: 'test.txt', content: 'banana' }]],
    ],
    ['What is 17*23? Use the calculator.', [['calculator', { expression: '17*23' }]]],
    [
      'Weather in Paris and Oslo, and the time in Asia/Tokyo?',
      [
        ['get_weather', { city: 'Paris' }],
        ['get_weather', { city: 'Oslo' }],
        ['get_time', { timezone: 'Asia/Tokyo' }],
      ],
    ],
    [
      '北京和上海的天气怎么样？',
      [
        ['get_weather', { city: '北京' }],
        ['get_weather', { city: '上海' }],
      ],
    ],
  ])('%s', (text, expected) => {
    expect(calls(text, [weather, clock, bash, read, write, calculator])).toEqual(expected as never[]);
  });

  test('a word that many names share calls none of them', () => {
    const commands = { type: 'array', items: { type: 'string', description: 'The shell command to execute' } };
    const runs = ['team_run_task', 'team_list_runs', 'team_await_runs', 'team_cancel_run'].map(
      (name): SimTool => ({ name, description: 'Of a run', schema: object({ runId: string }) }),
    );
    const run: SimTool = { name: 'run_commands', description: '', schema: object({ commands }) };
    expect(calls('Run the command: echo ok', [...runs, run])).toEqual([['run_commands', { commands: ['echo ok'] }]]);
  });

  test('a tool named in the prompt is called, whatever it is about', () => {
    expect(calls('Use get_time', all)).toEqual([['get_time', { location: expect.any(String) }]]);
  });
});

test('tool_choice is obeyed', () => {
  expect(calls("What's the weather in Paris?", all, { type: 'none' })).toEqual([]);
  expect(calls('Hello', [weather, ping], { type: 'required' })).toHaveLength(1);
  expect(calls('Hello', [weather, ping], { type: 'tool', name: 'ping' })).toEqual([['ping', {}]]);
});

test('results that came in are answered from, also when a reminder follows them', () => {
  const call = { id: 'c', name: 'get_weather', arguments: '{"city":"Paris"}' };
  const after: Turn[] = [
    { role: 'assistant', text: '', reasoning: '', calls: [call] },
    { role: 'tool', callId: 'c', text: 'rain' },
  ];
  const question = "What's the weather in Paris?";
  expect(calls(question, all, undefined, after)).toEqual([]);
  expect(
    calls(question, all, undefined, [
      ...after,
      { role: 'user', text: '<system-reminder>weather</system-reminder>', media: 0 },
    ]),
  ).toEqual([]);
  const next: Turn[] = [
    { role: 'assistant', text: 'Rain.', reasoning: '', calls: [] },
    { role: 'user', text: 'And the weather in Oslo?', media: 0 },
  ];
  expect(calls(question, all, undefined, [...after, ...next])).toEqual([['get_weather', { city: 'Oslo' }]]);
});

test('there are never more than eight calls', () => {
  expect(calls('Weather in "a", "b", "c", "d", "e", "f", "g", "h", "i" and "j"?')).toHaveLength(8);
});

import { asObject, asString, parseJson } from '../../../../protocols/json.ts';
import type { Protocol } from '../../../../protocols/protocol.ts';

/** What of a request is chosen beside the conversation. Texts are as they stand in their fields; an empty one is not sent. */
export interface Settings {
  model: string;
  protocol: Protocol;
  system: string;
  maxTokens: string;
  temperature: string;
  reasoning: Reasoning;
  format: Format;
  /** JSON text; read when `format` is `schema`. */
  schema: string;
  useTools: boolean;
  /** JSON text. */
  tools: string;
  stream: boolean;
}

/** `default`: nothing is said of it, and the model does as it does. */
export type Reasoning = 'default' | 'off' | 'low' | 'medium' | 'high';
export type Format = 'text' | 'object' | 'schema';

/** A tool as it is written in the field: the protocols differ only in what is around it. */
export interface Tool {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

export const EXAMPLE_TOOLS = `[
  {
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {
      "type": "object",
      "properties": {
        "city": { "type": "string", "description": "Name of the city" },
        "unit": { "type": "string", "enum": ["celsius", "fahrenheit"] }
      },
      "required": ["city"]
    }
  }
]`;

/** A result that the example tool might give. */
export const EXAMPLE_RESULT = '{"temperature": 21, "unit": "celsius", "sky": "clear"}';

const EXAMPLE_SCHEMA = `{
  "type": "object",
  "properties": {
    "summary": { "type": "string" },
    "points": { "type": "array", "items": { "type": "string" } }
  },
  "required": ["summary", "points"],
  "additionalProperties": false
}`;

export function initialSettings(model = ''): Settings {
  return {
    model,
    protocol: 'chat-completions',
    system: '',
    maxTokens: '2048',
    temperature: '',
    reasoning: 'default',
    format: 'text',
    schema: EXAMPLE_SCHEMA,
    useTools: false,
    tools: EXAMPLE_TOOLS,
    stream: true,
  };
}

/** What is wrong with the settings, by field; a request is sent only when there is nothing. */
export function problemsOf(settings: Settings): Partial<Record<keyof Settings, string>> {
  const problems: Partial<Record<keyof Settings, string>> = {};
  const { model, maxTokens, temperature, protocol } = settings;
  if (model === '') problems.model = 'Choose a model.';
  if (maxTokens.trim() !== '' && !/^[1-9]\d{0,6}$/.test(maxTokens.trim())) {
    problems.maxTokens = 'A whole number above 0.';
  }
  if (maxTokens.trim() === '' && protocol === 'messages') problems.maxTokens = 'Messages asks for a limit.';
  if (temperature.trim() !== '' && !(Number(temperature) >= 0 && Number(temperature) <= 2)) {
    problems.temperature = 'A number from 0 to 2.';
  }
  if (settings.format === 'schema' && asObject(parseJson(settings.schema)) === undefined) {
    problems.schema = 'This is not a JSON object.';
  }
  if (settings.useTools) {
    const tools = readTools(settings.tools);
    if (typeof tools === 'string') problems.tools = tools;
  }
  return problems;
}

/** The tools of the field; a text says what is wrong with them. */
export function readTools(text: string): Tool[] | string {
  const value = parseJson(text);
  if (!Array.isArray(value)) return 'This is not a JSON array.';
  const tools: Tool[] = [];
  for (const [at, item] of value.entries()) {
    const tool = asObject(item);
    const name = asString(tool?.name);
    if (name === undefined || !/^[\w-]{1,64}$/.test(name)) {
      return `Tool ${at + 1} needs a name of letters, digits, _ and -.`;
    }
    const parameters = asObject(tool?.parameters) ?? asObject(tool?.input_schema);
    if (parameters === undefined) return `${name} needs parameters, a JSON Schema.`;
    tools.push({ name, description: asString(tool?.description) ?? '', parameters });
  }
  return tools.length === 0 ? 'There is no tool in it.' : tools;
}

/** The format as the protocol has it: Messages knows JSON by a schema only. */
export const formatFor = ({ protocol, format }: Pick<Settings, 'protocol' | 'format'>): Format =>
  protocol === 'messages' && format === 'object' ? 'schema' : format;

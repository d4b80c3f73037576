import { asObject } from '../protocols/json.ts';
import { schemaValue } from './schema-value.ts';
import { lastUserText, newResults, type SimCall, type SimRequest, type SimTool } from './sim-request.ts';
import { listFor, type Subjects, subjectsOf } from './subjects.ts';
import { stemsOf } from './words.ts';

const MAX_CALLS = 8;
/** A tool is called when the prompt meets its name once, or its description several times. */
const ENOUGH = 3;
const NAME_WEIGHT = 3;
const DESCRIPTION_WEIGHT = 1;

/** What people say for what tools are named. */
const SYNONYMS: Record<string, string[]> = {
  run: ['bash', 'shell', 'execute', 'exec', 'command', 'terminal'],
  execut: ['bash', 'shell', 'run', 'exec', 'command', 'terminal'],
  open: ['read', 'view'],
  show: ['read', 'view'],
  forecast: ['weather'],
  temperature: ['weather'],
  rain: ['weather'],
  google: ['search'],
  find: ['search', 'grep', 'glob'],
  save: ['write'],
  sum: ['add', 'calculate', 'calculator'],
  plus: ['add', 'calculate', 'calculator'],
  price: ['stock', 'quote'],
};
/** So common in tool names that they say nothing by themselves. */
const COMMON = new Set(['tool', 'function', 'data', 'info', 'information', 'current', 'new', 'user', 'api']);

/**
 * The calls that an answer to this request makes, in order; none when the prompt asks for nothing that a tool does, or
 * when results have just come in. One call for each thing asked about, so several may be parallel. Ids are for the caller.
 */
export function chooseCalls(request: SimRequest): Omit<SimCall, 'id'>[] {
  const { tools, toolChoice } = request;
  if (tools.length === 0 || toolChoice.type === 'none') return [];
  const text = lastUserText(request);
  if (toolChoice.type === 'tool')
    return callsOf(tools.filter((tool) => tool.name === toolChoice.name).slice(0, 1), text);
  const ranked = rank(tools, text);
  if (toolChoice.type === 'required') return callsOf(ranked.fitting.length > 0 ? ranked.fitting : [ranked.best], text);
  // Results are answered from, never called for again: an agent's loop must end.
  return newResults(request).length > 0 ? [] : callsOf(ranked.fitting, text);
}

function rank(tools: readonly SimTool[], text: string): { best: SimTool; fitting: SimTool[] } {
  const said = new Set(stemsOf(text).flatMap((word) => [word, ...(SYNONYMS[word] ?? [])]));
  const scored = tools.map((tool) => ({ tool, score: scoreOf(tool, text, said) }));
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
  // Tools asked for by name, or as well met as the best one; the rest only share words with it.
  const fitting = scored.filter(({ score }) => score >= ENOUGH && score * 2 > best.score).map(({ tool }) => tool);
  return { best: best.tool, fitting };
}

function scoreOf(tool: SimTool, text: string, said: ReadonlySet<string>): number {
  if (
    new RegExp(`(?<![\\w-])${RegExp.escape(tool.name)}(?![\\w-])`).test(text) &&
    /[_A-Z-]|\btool\b/.test(tool.name + text)
  )
    return 20;
  const met = (words: string[]) => new Set(words.filter((word) => said.has(word) && !COMMON.has(word))).size;
  const properties = Object.keys(asObject(asObject(tool.schema)?.properties) ?? {}).join(' ');
  const inName = met(stemsOf(tool.name));
  const inDescription = met(stemsOf(`${tool.description.slice(0, 400)} ${properties}`));
  return inName * NAME_WEIGHT + Math.min(inDescription, ENOUGH) * DESCRIPTION_WEIGHT;
}

function callsOf(tools: readonly SimTool[], text: string): Omit<SimCall, 'id'>[] {
  const subjects = subjectsOf(text);
  const calls = tools.flatMap((tool) => {
    const several = mainProperty(tool, subjects);
    if (several === undefined) return [callOf(tool, text, subjects)];
    return several.map((subject) =>
      callOf(tool, text, { ...subjects, names: [subject], paths: [subject], urls: [subject] }),
    );
  });
  return calls.slice(0, MAX_CALLS);
}

function callOf(tool: SimTool, text: string, subjects: Subjects): Omit<SimCall, 'id'> {
  const taken = new Map<string[], number>();
  const value = schemaValue(tool.schema ?? { type: 'object' }, {
    text,
    stringFor(name, schema) {
      const candidates = listFor(name, schema, subjects);
      if (candidates.length === 0) return /^(?:value|string)?$/.test(name) ? undefined : fallbackFor(name, subjects);
      // `from` and `to` take one each.
      const index = taken.get(candidates) ?? 0;
      taken.set(candidates, index + 1);
      return candidates[index % candidates.length];
    },
  });
  return { name: tool.name, arguments: spaced(value) };
}

function fallbackFor(name: string, subjects: Subjects): string | undefined {
  return /query|question|prompt|message|text|content|input|description|instruction|task|thought|search|command|\bq\b/i.test(
    name,
  )
    ? subjects.text
    : undefined;
}

/** Subjects for one call each: the tool has exactly one required string without choices, and the prompt names several. */
function mainProperty(tool: SimTool, subjects: Subjects): string[] | undefined {
  const schema = asObject(tool.schema) ?? {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const strings = required.flatMap((name) => {
    const property = asObject(asObject(schema.properties)?.[String(name)]);
    return property?.type === 'string' && property.enum === undefined ? [{ name: String(name), property }] : [];
  });
  const [main] = strings;
  if (main === undefined || strings.length > 1) return undefined;
  const list = listFor(main.name, main.property, subjects);
  return list.length > 1 ? list : undefined;
}

/** JSON with a space after colons and commas, as DeepSeek writes its arguments. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  const object = asObject(value);
  if (object === undefined) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(object).map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`);
  return `{${members.join(', ')}}`;
}

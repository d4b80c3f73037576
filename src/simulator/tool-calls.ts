import { asObject, type JsonObject } from '../protocols/json.ts';
import { schemaValue } from './schema-value.ts';
import { lastUserText, newResults, type SimCall, type SimRequest, type SimTool } from './sim-request.ts';
import { listFor, type Subjects, subjectsOf } from './subjects.ts';
import { stemsOf } from './words.ts';

const MAX_CALLS = 8;
/** A tool is called when the prompt meets its name once, or its description several times. */
const ENOUGH = 3;
const NAME_WEIGHT = 3;
const DESCRIPTION_WEIGHT = 1;
/** Of a tool that the prompt names as it is written. */
const NAMED = 20;

/** What people say for what tools are named. */
const SYNONYMS = new Map<string, string[]>(
  Object.entries({
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
  }),
);
const CHINESE: Record<string, string> = {
  天气: 'weather',
  气温: 'weather',
  时间: 'time',
  几点: 'time',
  搜索: 'search',
  读取: 'read',
  运行: 'bash',
  执行: 'bash',
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
  const said = saidIn(text);
  const scored = tools.map((tool) => ({ tool, score: scoreOf(tool, text, said, tools) }));
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
  // Tools asked for by name, or as well met as the best one; the rest only share words with it.
  const fitting = scored.filter(({ score }) => score >= ENOUGH && score * 2 > best.score).map(({ tool }) => tool);
  return { best: best.tool, fitting };
}

function saidIn(text: string): Set<string> {
  const chinese = Object.entries(CHINESE).flatMap(([said, word]) => (text.includes(said) ? [word] : []));
  return new Set([...stemsOf(text).flatMap((word) => [word, ...(SYNONYMS.get(word) ?? [])]), ...chinese]);
}

function scoreOf(tool: SimTool, text: string, said: ReadonlySet<string>, tools: readonly SimTool[]): number {
  if (
    new RegExp(`(?<![\\w-])${RegExp.escape(tool.name)}(?![\\w-])`).test(text) &&
    /[_A-Z-]|\btool\b/.test(tool.name + text)
  )
    return NAMED;
  const met = (words: string[]) => new Set(words.filter((word) => said.has(word) && !COMMON.has(word)));
  const properties = Object.keys(asObject(asObject(tool.schema)?.properties) ?? {}).join(' ');
  const inName = met(stemsOf(tool.name));
  const elsewhere = met(stemsOf(`${tool.description.slice(0, 400)} ${properties}`)).difference(inName);
  // A word that many tools have in their names tells none of them from the others.
  const sharers = (word: string) => tools.filter(({ name }) => stemsOf(name).includes(word)).length;
  const byName = [...inName].reduce((sum, word) => sum + NAME_WEIGHT / Math.max(1, sharers(word) - 1), 0);
  return byName + Math.min(elsewhere.size, ENOUGH) * DESCRIPTION_WEIGHT;
}

function callsOf(tools: readonly SimTool[], text: string): Omit<SimCall, 'id'>[] {
  const calls = tools.flatMap((tool) => {
    const subjects = subjectsFor(tool, tools, text);
    const several = mainProperty(tool, subjects);
    if (several === undefined) return [callOf(tool, text, subjects)];
    return several.map((subject) =>
      callOf(tool, text, { ...subjects, names: [subject], paths: [subject], urls: [subject], zones: [subject] }),
    );
  });
  return calls.slice(0, MAX_CALLS);
}

/** Of several tools each takes what its own part of the text names: `the weather in Paris and the time in Tokyo`. */
function subjectsFor(tool: SimTool, tools: readonly SimTool[], text: string): Subjects {
  const whole = subjectsOf(text);
  if (tools.length < 2) return whole;
  let owners: readonly SimTool[] = tools;
  const own: string[] = [];
  for (const clause of text.split(/[;,，。？！\n]|[.?!](?=\s|$)|\b(?:and|then|also)\b/)) {
    const meant = tools.filter((candidate) => scoreOf(candidate, clause, saidIn(clause), tools) >= ENOUGH);
    // A part without a tool of its own goes on with the one before.
    if (meant.length > 0) owners = meant;
    if (owners.includes(tool)) own.push(clause);
  }
  const part = subjectsOf(own.join(' and '));
  const [main] = requiredStrings(tool);
  return main !== undefined && listFor(main.name, main.property, part).length > 0 ? part : whole;
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
  const [main, ...others] = requiredStrings(tool);
  if (main === undefined || others.length > 0) return undefined;
  const list = listFor(main.name, main.property, subjects);
  return list.length > 1 ? list : undefined;
}

/** Required string properties without choices, in the order in which they are required. */
function requiredStrings(tool: SimTool): { name: string; property: JsonObject }[] {
  const schema = asObject(tool.schema) ?? {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  return required.flatMap((name) => {
    const property = asObject(asObject(schema.properties)?.[String(name)]);
    return property?.type === 'string' && property.enum === undefined ? [{ name: String(name), property }] : [];
  });
}

/** JSON with a space after colons and commas, as DeepSeek writes its arguments. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  const object = asObject(value);
  if (object === undefined) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(object).map(([name, member]) => `${JSON.stringify(name)}: ${spaced(member)}`);
  return `{${members.join(', ')}}`;
}

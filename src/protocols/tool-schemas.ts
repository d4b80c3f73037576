import { asObject, parseJson } from './json.ts';
import type { JsonText, NeutralTool } from './neutral.ts';

/** Keywords by which a schema takes parameters that are not among its own `properties`. */
const UNNAMED = [
  'patternProperties',
  'unevaluatedProperties',
  'dependentSchemas',
  'if',
  '$ref',
  'allOf',
  'anyOf',
  'oneOf',
];

/** What a tool's schema says of a parameter by some name. */
export interface ParameterRule {
  /** `no`: the schema names all parameters, and this is none of them. `perhaps`: the tool may take any. */
  takes: 'yes' | 'no' | 'perhaps';
  /** The name stands somewhere in the schema, as a string. */
  mentioned: boolean;
}

/**
 * What the tools of a request say of the parameter `name`. Each schema is read once, when a call first asks: a conversation
 * may have thousands of calls.
 */
export class ParameterRules {
  readonly #name: string;
  readonly #tools: readonly NeutralTool[];
  /** By the tool's name; hardly any conversation has a call that asks. */
  #read: Map<string, ParameterRule> | undefined;
  /** The same: a conversation may have as many tools as calls. */
  #schemas: Map<string, JsonText | undefined> | undefined;

  constructor(name: string, tools: readonly NeutralTool[]) {
    this.#name = name;
    this.#tools = tools;
  }

  /** Of the tool that is called so, of several the first; of one that is not there, as of one that may take any. */
  of(toolName: string): ParameterRule {
    this.#read ??= new Map();
    let rule = this.#read.get(toolName);
    if (rule === undefined) {
      rule = ruleFor(this.#name, this.#schemaOf(toolName) ?? '');
      this.#read.set(toolName, rule);
    }
    return rule;
  }

  #schemaOf(toolName: string): JsonText | undefined {
    this.#schemas ??= new Map(this.#tools.toReversed().map(({ name, schema }) => [name, schema]));
    return this.#schemas.get(toolName);
  }
}

function ruleFor(parameter: string, schemaText: JsonText): ParameterRule {
  const schema = asObject(parseJson(schemaText)) ?? {};
  const properties = asObject(schema.properties) ?? {};
  const mentioned = schemaText.includes(`"${parameter}"`);
  if (Object.hasOwn(properties, parameter)) return { takes: 'yes', mentioned };
  const others = schema.additionalProperties;
  const isClosed = others === false || (others === undefined && Object.keys(properties).length > 0);
  const namesAll = isClosed && !UNNAMED.some((keyword) => Object.hasOwn(schema, keyword));
  return { takes: namesAll ? 'no' : 'perhaps', mentioned };
}

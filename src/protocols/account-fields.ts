import { GatewayError, type GatewayErrorDetails } from '../errors/catalogue.ts';
import { asArray, asObject, isEmptyArray, isObject, type JsonObject } from './json.ts';
import { EXTRA_BODY, kindByKey, partsForGoogle } from './vendor-tools.ts';

/** Values of these fields that ask for nothing special, and therefore pass. */
const HARMLESS: Record<string, (value: unknown) => boolean> = {
  service_tier: (value) => value === 'auto' || value === 'default' || value === 'standard' || value === 'standard_only',
  speed: (value) => value === 'standard' || value === 'normal',
  store: (value) => value === false,
  container: () => false,
  previous_response_id: () => false,
  // A conversation that Anthropic holds, under the id of an answer.
  thread: (value) => !isObject(value),
  mcp_servers: isEmptyArray,
  // Anthropic takes 1.1 times its price for inference that stays in one country.
  inference_geo: (value) => value === 'global',
  // Another model answers at its own price, with limits of its own, whatever the key may use.
  fallbacks: isEmptyArray,
  // Writes to the cache are billed as hits, by what an earlier answer of the account said.
  fallback_credit_token: () => false,
};

/** Anthropic's helpers ask for a thread unless told not to; on this they send the whole conversation instead. */
const NO_THREADS: GatewayErrorDetails = {
  messagesDetails: { error_code: 'thread_unsupported_request', unsupported: ['thread'] },
};

/**
 * Tools that a vendor runs, for more than the price of their tokens: in a container of the account, on its files, on
 * another model, or against servers that the client names. Those for the web are refused by what a model's card says
 * (models/guards). What a vendor describes and the client runs (`bash`, `computer`, `text_editor`, `memory`) is none.
 */
const SERVER_TOOL =
  /^((code_execution|code_interpreter|advisor|mcp_toolset|file_search|image_generation|url_context|google_maps)(_|$)|mcp$)/;

/** Google's, which have a key in place of a type. */
const SERVER_TOOL_KEYS = [
  'code_execution',
  'codeExecution',
  'file_search',
  'fileSearch',
  'url_context',
  'urlContext',
  'google_maps',
  'googleMaps',
];

const CACHED_CONTENT = ['cached_content', 'cachedContent'];

/** Every top-level field that is looked at here, but for `messages`, `system` and `tools`. */
export const accountFields: readonly string[] = [...Object.keys(HARMLESS), 'google', ...EXTRA_BODY, ...CACHED_CONTENT];

/**
 * Refuses what changes the upstream's price or names state in our account there, unless the route allows it: two
 * customers of one account must not reach each other's files, and the price must be the card's.
 * Throws `unsupported_parameter`.
 */
export function refuseAccountFields(body: JsonObject, allows: readonly string[]): void {
  for (const name in HARMLESS) {
    const value = body[name];
    if (value === undefined || value === null || allows.includes(name) || HARMLESS[name]!(value)) continue;
    throw refusal(
      name,
      `\`${name}\` is not available through this gateway: leave it out.`,
      name === 'thread' ? NO_THREADS : {},
    );
  }
  const forGoogle = partsForGoogle(body);
  if (!allows.includes('cached_content')) {
    refuseCacheOf(body, '');
    for (const [path, part] of forGoogle) refuseCacheOf(part, path);
  }
  if (!allows.includes('server_tools')) {
    refuseServerTools(body.tools, 'tools');
    for (const [path, part] of forGoogle) refuseServerTools(part.tools, `${path}tools`);
  }
  if (!allows.includes('file_id')) {
    refuseFileIds(body.system);
    for (const message of asArray(body.messages)) refuseFileIds(asObject(message)?.content);
  }
}

function refuseServerTools(tools: unknown, path: string): void {
  for (const [index, tool] of asArray(tools).entries()) {
    const kind = isObject(tool) ? serverToolKind(tool) : undefined;
    if (kind === undefined) continue;
    throw refusal(
      `${path}[${index}]`,
      `Tools of type \`${kind.slice(0, 64)}\` are not available through this gateway: offer a tool of your own in tools and run it yourself.`,
    );
  }
}

function serverToolKind(tool: JsonObject): string | undefined {
  const { type } = tool;
  if (typeof type === 'string') return SERVER_TOOL.test(type) ? type : undefined;
  return kindByKey(tool, SERVER_TOOL_KEYS);
}

/** The name of a cache that Gemini keeps. Its JSON reads either spelling. */
function refuseCacheOf(holder: JsonObject, path: string): void {
  for (const name of CACHED_CONTENT) {
    if (holder[name] === undefined || holder[name] === null) continue;
    throw refusal(
      path + name,
      `\`${path}${name}\` names a cache in the upstream account, which is not available through this gateway: send the content itself.`,
    );
  }
}

/**
 * Blocks that name a file in the account: `source.type: file` (Messages), `file.file_id` (Chat). Results of tools and
 * documents hold blocks of their own: a list, or one alone. What a tool is given is the client's and is not looked into.
 */
function refuseFileIds(content: unknown): void {
  if (Array.isArray(content)) {
    for (const block of content) refuseFileIds(block);
    return;
  }
  if (!isObject(content)) return;
  const source = asObject(content.source);
  if (
    source?.type === 'file' ||
    typeof asObject(content.file)?.file_id === 'string' ||
    typeof content.file_id === 'string'
  ) {
    throw refusal(
      'file_id',
      '`file_id` names a file in the upstream account, which is not available through this gateway: send the content itself.',
    );
  }
  refuseFileIds(content.content);
  refuseFileIds(source?.content);
}

function refusal(param: string, message: string, details: GatewayErrorDetails = {}): GatewayError {
  return new GatewayError('unsupported_parameter', message, { param, ...details });
}

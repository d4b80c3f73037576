import { asArray, asObject, asString, isObject, type JsonObject } from '../protocols/json.ts';
import { checkToolMessages, checkUserId, parseBody, readMaxTokens, readTool } from './chat-request.ts';
import { Deserialiser, Refusal, texts } from './refusal.ts';
import { effortOf, type SimCall, type SimRequest, type SimTool, type ToolChoice, type Turn } from './sim-request.ts';

type Path = (string | number)[];

/** Content blocks that it knows. Others, documents and encrypted thinking among them, are refused. */
const BLOCKS = ['text', 'image', 'thinking', 'tool_use', 'tool_result', 'server_tool_use', 'web_search_tool_result'];

/**
 * Reads a Messages body as DeepSeek does on its Anthropic surface. Throws Refusal, with the texts of the other surface.
 * What it ignores is ignored here: top_k, budget_tokens, cache_control, is_error, output_config.format and more.
 * Sources: DeepSeek docs 2026-09, error texts reported up to 2026-08; the strict reading where reports differ.
 */
export function readMessagesRequest(text: string): SimRequest {
  const body = parseBody(text);
  const at: Deserialiser = new Deserialiser(text);
  if (typeof body.model !== 'string') at.fail([], 'missing field `model`');
  if (!Array.isArray(body.messages)) at.fail([], 'missing field `messages`');
  const system = joined(body.system);
  const turns: Turn[] = system === '' ? [] : [{ role: 'system', text: system }];
  for (const [index, message] of body.messages.entries()) turns.push(...readMessage(message, ['messages', index], at));
  if (body.messages.length === 0) throw new Refusal(texts.messagesEmpty);

  const tools = readTools(body.tools);
  const thinking = asObject(body.thinking)?.type !== 'disabled';
  const toolChoice = readToolChoice(body.tool_choice);
  checkToolMessages(turns);
  if (thinking && toolChoice.type !== 'auto' && toolChoice.type !== 'none') throw new Refusal(texts.forcedToolChoice);
  if (thinking && tools.length > 0) checkThinking(turns);
  checkUserId(asObject(body.metadata)?.user_id, 'metadata.user_id');
  return {
    surface: 'messages',
    model: body.model,
    turns,
    tools,
    toolChoice,
    thinking,
    effort: effortOf(asObject(body.output_config)?.effort),
    maxTokens: readMaxTokens(body.max_tokens, thinking),
    stop: asArray(body.stop_sequences).filter((stop) => typeof stop === 'string' && stop !== '') as string[],
    json: false,
    stream: body.stream === true,
    includeUsage: true,
    logprobs: false,
    userId: asString(asObject(body.metadata)?.user_id),
  };
}

/** One message is one turn, but for the tool results of a user message: each is a turn before its text. */
function readMessage(value: unknown, path: Path, at: Deserialiser): Turn[] {
  if (!isObject(value)) at.fail(path, 'invalid type, expected struct Message');
  const { role, content } = value;
  if (typeof role !== 'string') at.fail(path, 'missing field `role`');
  if (role !== 'user' && role !== 'assistant') {
    at.fail([...path, 'role'], `unknown variant \`${role}\`, expected \`user\` or \`assistant\``);
  }
  if (content === undefined) at.fail(path, 'missing field `content`');
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : readBlocks(content, path, at);
  return role === 'user' ? userTurns(blocks) : [assistantTurn(blocks)];
}

function readBlocks(content: unknown, path: Path, at: Deserialiser): JsonObject[] {
  if (!Array.isArray(content)) at.fail([...path, 'content'], 'invalid type, expected a string or a sequence');
  return content.map((value, index) => {
    const place = [...path, 'content', index];
    const block = asObject(value) ?? at.fail(place, 'invalid type, expected a map');
    if (!BLOCKS.includes(String(block.type))) {
      at.fail(
        [...place, 'type'],
        `unknown variant \`${block.type}\`, expected one of ${BLOCKS.map((name) => `\`${name}\``).join(', ')}`,
      );
    }
    if (block.type === 'tool_result') checkResult(block.content, place, at);
    return block;
  });
}

/** A result holds text; images are let through for models that see. */
function checkResult(content: unknown, path: Path, at: Deserialiser): void {
  for (const [index, block] of asArray(content).entries()) {
    const type = asObject(block)?.type;
    if (type === 'text' || type === 'image') continue;
    at.fail([...path, 'content', index, 'type'], `unknown variant \`${type}\`, expected \`text\``);
  }
}

function userTurns(blocks: JsonObject[]): Turn[] {
  const turns: Turn[] = [];
  for (const block of blocks) {
    if (block.type !== 'tool_result') continue;
    turns.push({ role: 'tool', callId: asString(block.tool_use_id) ?? '', text: joined(block.content) });
  }
  const rest = blocks.filter((block) => block.type !== 'tool_result');
  const media = rest.filter((block) => block.type === 'image').length;
  if (rest.length > 0 || turns.length === 0) turns.push({ role: 'user', text: joined(rest), media });
  return turns;
}

function assistantTurn(blocks: JsonObject[]): Turn {
  const thinking = blocks.filter((block) => block.type === 'thinking');
  return {
    role: 'assistant',
    text: joined(blocks),
    reasoning: thinking.length === 0 ? undefined : thinking.map((block) => asString(block.thinking) ?? '').join(''),
    calls: blocks
      .filter((block) => block.type === 'tool_use')
      .map(
        (block): SimCall => ({
          id: asString(block.id) ?? '',
          name: asString(block.name) ?? '',
          arguments: JSON.stringify(block.input ?? {}),
        }),
      ),
  };
}

/** The texts of a string or of blocks. */
function joined(content: unknown): string {
  if (typeof content === 'string') return content;
  const blocks = asArray(content).map((block) => asObject(block) ?? {});
  return blocks
    .filter((block) => block.type === 'text')
    .map((block) => asString(block.text) ?? '')
    .join('\n');
}

/** Tools that run on the server have a `type` of their own and no schema: they are accepted, and never called here. */
function readTools(value: unknown): SimTool[] {
  const own = asArray(value).map((tool) => asObject(tool) ?? {});
  return own
    .filter((tool) => tool.type === undefined || tool.type === null || tool.type === 'custom')
    .map((tool, index) => readTool(tool.name, tool.description, tool.input_schema, `tools[${index}].name`));
}

function readToolChoice(value: unknown): ToolChoice {
  const choice = asObject(value);
  if (choice?.type === 'tool') return { type: 'tool', name: asString(choice.name) ?? '' };
  if (choice?.type === 'any') return { type: 'required' };
  return { type: choice?.type === 'none' ? 'none' : 'auto' };
}

/** With tools, every earlier assistant turn has its thinking. A last one is a beginning to complete and need not. */
function checkThinking(turns: readonly Turn[]): void {
  for (const turn of turns.slice(0, -1)) {
    if (turn.role === 'assistant' && turn.reasoning === undefined) throw new Refusal(texts.thinkingMissing);
  }
}

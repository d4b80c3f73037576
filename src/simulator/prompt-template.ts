import type { Tokenizer } from '../tokens/tokenizer.ts';
import type { SimRequest, SimTool, Turn } from './sim-request.ts';

/** Template tokens. Their ids only have to differ from those of text, so that the prefix cache tells them apart. */
const mark = (index: number): number => 1_000_000 + index;
const BEGIN = mark(0);
const USER = mark(1);
const ASSISTANT = mark(2);
const THINK = mark(3);
const NO_THINK = mark(4);
const END = mark(5);
const RESULT = mark(6);
const RESULT_END = mark(7);
const CALL = mark(8);
const TOOLS = mark(9);
const IMAGE = mark(10);

/** The instructions that come with tools. A recorded prompt of one small tool took about 280 tokens beyond its text. */
const TOOLS_TOKENS = 250;
const CALL_TOKENS = 20;
/** Of one image, whatever its size. */
const IMAGE_TOKENS = 1000;
/** Text is counted in steps of about so many characters, between which other work may run. */
const STEP = 32 * 1024;

/** Tokens at the end of every prompt that open the answer. */
export const OPENING = 2;

/** The prompt as the model sees it, as token ids. Long ones are made in steps that let other requests run. */
export async function promptIds(request: SimRequest, tokenizer: Tokenizer): Promise<number[]> {
  const ids: number[] = [BEGIN];
  let sinceYield = 0;
  for (const part of partsOf(request)) {
    if (typeof part === 'number') {
      ids.push(part);
      continue;
    }
    for (const step of stepsOf(part)) {
      for (const id of tokenizer.encode(step)) ids.push(id);
      sinceYield += step.length;
      if (sinceYield < STEP) continue;
      sinceYield = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return ids;
}

/** An answer's text as a later prompt will have it, for the prefix cache. */
export function answerIds(turn: Turn, withReasoning: boolean, tokenizer: Tokenizer): number[] {
  const ids: number[] = [];
  for (const part of turnParts(turn, withReasoning)) {
    if (typeof part === 'number') ids.push(part);
    else for (const id of tokenizer.encode(part)) ids.push(id);
  }
  return ids;
}

function* partsOf(request: SimRequest): Generator<string | number> {
  const withReasoning = request.tools.length > 0;
  const [first, ...rest] = request.turns;
  if (first?.role === 'system') yield first.text;
  yield* toolParts(request.tools);
  for (const turn of first?.role === 'system' ? rest : request.turns) yield* turnParts(turn, withReasoning);
  yield ASSISTANT;
  yield request.thinking ? THINK : NO_THINK;
}

function* toolParts(tools: readonly SimTool[]): Generator<string | number> {
  if (tools.length === 0) return;
  for (let i = 0; i < TOOLS_TOKENS; i++) yield TOOLS;
  for (const tool of tools) yield JSON.stringify(tool);
}

function* turnParts(turn: Turn, withReasoning: boolean): Generator<string | number> {
  switch (turn.role) {
    case 'system':
      yield turn.text;
      break;
    case 'user':
      yield USER;
      yield turn.text;
      for (let i = 0; i < turn.media * IMAGE_TOKENS; i++) yield IMAGE;
      break;
    case 'tool':
      yield RESULT;
      yield turn.text;
      yield RESULT_END;
      break;
    case 'assistant':
      yield ASSISTANT;
      // Without tools the reasoning of earlier turns is ignored. Source: DeepSeek docs 2026-09.
      if (withReasoning && turn.reasoning !== undefined) {
        yield THINK;
        yield turn.reasoning;
      }
      yield NO_THINK;
      yield turn.text;
      for (const call of turn.calls) {
        for (let i = 0; i < CALL_TOKENS; i++) yield CALL;
        yield call.name;
        yield call.arguments;
      }
      yield END;
  }
}

/** Cut after line ends before a letter, where no token can span. A text without such places stays whole. */
function* stepsOf(text: string): Generator<string> {
  let start = 0;
  while (text.length - start > STEP) {
    const at = text.slice(start + STEP).search(/\n[A-Za-z]/);
    if (at < 0) break;
    const end = start + STEP + at + 1;
    yield text.slice(start, end);
    start = end;
  }
  yield text.slice(start);
}

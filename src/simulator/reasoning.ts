import { type Effort, lastUserText, newResults, type SimCall, type SimRequest } from './sim-request.ts';
import { excerpt, isChinese, keywordsOf, listed } from './words.ts';

/** Sentences of reasoning for each effort. */
const SENTENCES: Record<Effort, number> = { low: 2, high: 6, max: 14 };

/** What the model thinks before it answers, sentence by sentence; its length follows the effort. */
export function* reasoningFor(request: SimRequest, calls: readonly Omit<SimCall, 'id'>[]): Generator<string> {
  let left = SENTENCES[request.effort];
  for (const sentence of isChinese(lastUserText(request)) ? chinese(request, calls) : english(request, calls)) {
    yield sentence;
    if (--left === 0) return;
  }
}

function* english(request: SimRequest, calls: readonly Omit<SimCall, 'id'>[]): Generator<string> {
  const text = lastUserText(request);
  const words = keywordsOf(text, 8);
  const results = newResults(request).length > 0;
  yield text === '' ? 'The user has written nothing to go on.' : `The user writes: "${excerpt(text, 120)}".`;
  if (results) yield ' The results of the calls are here, so I can answer from them now.';
  else if (calls.length > 0) yield ` I should call ${listed([...new Set(calls.map((call) => call.name))])}.`;
  else yield words.length === 0 ? ' I should answer briefly.' : ` This is about ${listed(words.slice(0, 3))}.`;
  if (calls.length > 1) yield ` That makes ${calls.length} calls, and none depends on another.`;
  for (const call of calls) yield ` For ${call.name} I will use ${excerpt(call.arguments, 100)}.`;
  if (request.json) yield ' The answer has to be a JSON object and nothing else.';
  if (request.tools.length > 0 && calls.length === 0 && !results) yield ' None of the tools is needed for this.';
  yield ` There ${request.turns.length === 1 ? 'is one message' : `are ${request.turns.length} messages`} to take into account.`;
  for (let round = 0; ; round++) {
    const word = words[round % Math.max(words.length, 1)] ?? 'the question';
    yield ` Let me look at ${word} once more, now from side ${round + 1}.`;
    yield ` Nothing there changes the plan, so ${word} stays as it is.`;
  }
}

function* chinese(request: SimRequest, calls: readonly Omit<SimCall, 'id'>[]): Generator<string> {
  yield `用户说：「${excerpt(lastUserText(request), 60)}」。`;
  if (newResults(request).length > 0) yield '工具的结果已经返回，可以直接作答。';
  else if (calls.length > 0) yield `我应该调用${listed([...new Set(calls.map((call) => call.name))], '和', '、')}。`;
  else yield '我可以直接回答，不需要工具。';
  for (let round = 1; ; round++) yield `再从第${round}个方面想一想，结论没有变化。`;
}

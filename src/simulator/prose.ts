import { excerpt, isChinese, keywordsOf, listed } from './words.ts';

/** Most words that a prompt may ask for. */
const MAX_WORDS = 200_000;

/**
 * The text of an answer, sentence by sentence so that a long one costs nothing before it is sent. It depends on the
 * prompt alone: the same prompt gets the same answer. `Say exactly: X` is obeyed, sums are done, letters are counted,
 * `write N words` is kept to; everything else gets sentences about what the prompt is about.
 */
export function* answerTo(prompt: string, model: string): Generator<string> {
  const text = prompt.trim();
  const words = wantedWords(text);
  const short = words === undefined ? (exact(text) ?? sum(text) ?? letters(text) ?? greeting(text, model)) : undefined;
  if (words !== undefined) yield* essay(text, words);
  else if (short !== undefined) yield short;
  else yield* isChinese(text) ? chinese(text) : english(text, model);
}

/** What the answer says once tools have answered: every result is in it. */
export function* answerFromResults(
  results: readonly { name: string; arguments: string; text: string }[],
): Generator<string> {
  yield results.length === 1 ? 'Here is what I found.\n\n' : `Here is what the ${results.length} calls returned.\n\n`;
  for (const [index, { name, arguments: args, text }] of results.entries()) {
    const result = text.trim() === '' ? 'it returned nothing.' : excerpt(text, 400);
    yield `- ${name}(${excerpt(args, 120)}): ${result}${index < results.length - 1 ? '\n' : ''}`;
  }
}

function exact(text: string): string | undefined {
  const [, asked] =
    /\b(?:say|reply|respond|answer|repeat|print|echo)(?:\s+with)?(?:(?:\s+(?:only|exactly|just))+(?:\s+with)?(?:\s+the\s+words?)?|\s+the\s+words?)\s*:?\s*(\S[\s\S]{0,2000})$/i.exec(
      text,
    ) ??
    /^(?:say|repeat|echo)\s+(\S.{0,80})$/i.exec(text) ??
    [];
  return asked?.trim().replace(/^["'“`]([\s\S]*?)["'”`][.!]?$/, '$1') || undefined;
}

function sum(text: string): string | undefined {
  const match =
    /^(?:what(?:'s|’s| is)|calculate|compute|how much is)?\s*(-?\d{1,9}(?:\.\d{1,6})?)\s*([-+*/×x÷])\s*(-?\d{1,9}(?:\.\d{1,6})?)\s*[=?.!]*$/i.exec(
      text,
    );
  if (match === null) return undefined;
  const [, left, sign, right] = match;
  const [a, b] = [Number(left), Number(right)];
  if ((sign === '/' || sign === '÷') && b === 0) return 'Division by zero has no result.';
  const value = sign === '+' ? a + b : sign === '-' ? a - b : sign === '/' || sign === '÷' ? a / b : a * b;
  return `${left} ${sign} ${right} = ${Number(value.toFixed(10))}`;
}

function letters(text: string): string | undefined {
  const match = /how many ["'“]?(\p{L})["'”]?(?:['’]?s)?\b.{0,20}\b(?:in|does)\b(?: the word)? ["'“]?(\p{L}+)/iu.exec(
    text,
  );
  if (match === null) return undefined;
  const [, letter, word] = match;
  const count = [...word!.toLowerCase()].filter((char) => char === letter!.toLowerCase()).length;
  return `The word "${word}" contains the letter "${letter}" ${count === 1 ? 'once' : `${count} times`}.`;
}

function greeting(text: string, model: string): string | undefined {
  if (
    !/^(?:hi|hello|hey|good (?:morning|day|evening)|ping|test)\b[\s\p{P}]*(?:there|everyone)?[\s\p{P}]*$/iu.test(text)
  )
    return undefined;
  return `Hello! This is the built-in simulator, standing in for ${model}. Ask me something, give me tools, or add an upstream key to reach the real model.`;
}

function* english(text: string, model: string): Generator<string> {
  const words = keywordsOf(text, 6);
  if (words.length === 0) {
    yield `This is the built-in simulator, standing in for ${model}.`;
    yield ' There was little to go on in your message, so this is all it has to say.';
    return;
  }
  yield `You asked about ${listed(words.slice(0, 4))}.`;
  yield ` This is a simulated answer in the name of ${model}: it has the form of a real one, and no knowledge behind it.`;
  yield ` Taken apart, your question has ${words.length === 1 ? 'one part' : `${words.length} parts`}: ${listed(words)}.`;
  if (words.length > 2)
    yield ` A real model would start with ${words[0]}, weigh it against ${words[1]}, and end with ${words.at(-1)}.`;
}

function* chinese(text: string): Generator<string> {
  yield `你问的是：「${excerpt(text, 40)}」。`;
  yield '这是内置模拟器的回答，形式与真实模型相同，但内容并非来自真实知识。';
  yield '请配置上游密钥，以便由真实模型作答。🙂';
}

function wantedWords(text: string): number | undefined {
  const match = /\b(\d{1,6})[- ](word|token|sentence|paragraph)s?\b/i.exec(text);
  if (
    match === null ||
    !/\b(?:write|give|tell|say|generate|produce|make|answer|reply|essay|story|in|exactly|about)\b/i.test(text)
  )
    return undefined;
  const per = { word: 1, token: 0.85, sentence: 12, paragraph: 60 }[match[2]!.toLowerCase()] ?? 1;
  return Math.min(Math.max(1, Math.round(Number(match[1]) * per)), MAX_WORDS);
}

/** About so many words, in sentences of twelve and paragraphs of five sentences. */
function* essay(text: string, wanted: number): Generator<string> {
  const words = keywordsOf(text.replace(/\b\d{1,6}[- ](?:word|token|sentence|paragraph)s?\b/gi, ''), 12);
  const about = (index: number) => words[index % Math.max(words.length, 1)]?.toLowerCase() ?? 'this';
  let left = wanted;
  for (let sentence = 0; left > 0; sentence++) {
    const all =
      `Seen from side ${sentence + 1}, ${about(sentence)} and ${about(sentence + 1)} bear on each other more than once.`.split(
        ' ',
      );
    const taken = all.slice(0, left);
    left -= taken.length;
    const end = left > 0 && sentence % 5 === 4 ? '\n\n' : '';
    yield (sentence === 0 || sentence % 5 === 0 ? '' : ' ') + taken.join(' ') + end;
  }
}

import { Tokenizer } from './tokenizer.ts';
import { loadVocabulary, type Vocabulary } from './vocabulary.ts';

declare const self: Worker;

/** First message to the worker: the vocabulary where an earlier worker has loaded it already. */
export interface WorkerStart {
  vocabulary: Vocabulary | undefined;
}
export interface CountRequest {
  id: number;
  texts: readonly string[];
}
export interface CountReply {
  id: number;
  /** Of each text, in their order. */
  tokens: number[];
  error?: string;
}
/** What the worker says: the vocabulary once when it had to load it, then a reply a request. */
export type WorkerMessage = { vocabulary: Vocabulary } | CountReply;

let tokenizer: Tokenizer | undefined;

self.onmessage = (event: MessageEvent<WorkerStart | CountRequest>) => {
  if ('id' in event.data) self.postMessage(reply(event.data));
  else start(event.data.vocabulary);
};

function start(given: Vocabulary | undefined): void {
  const vocabulary = given ?? loadVocabulary();
  tokenizer = new Tokenizer(vocabulary);
  if (given === undefined) self.postMessage({ vocabulary } satisfies WorkerMessage);
}

function reply({ id, texts }: CountRequest): CountReply {
  if (tokenizer === undefined) return { id, tokens: [], error: 'token counting is not ready' };
  const loaded = tokenizer;
  return { id, tokens: texts.map((text) => loaded.count(text)) };
}

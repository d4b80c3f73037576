import { startThread } from '../../observability/descriptors.ts';
import { StorageError } from '../store.ts';
import { toStorageError } from './failure.ts';
import type { Answer, Argument, FromReader, QuestionName, ToReader } from './read-worker.ts';

interface Asked {
  resolve: (value: unknown) => void;
  reject: (error: StorageError) => void;
}

/** Asks a reading thread of its own, which is started by the first question and answers one after another. */
export class Reader {
  readonly #path: string;
  readonly #asked = new Map<number, Asked>();
  #worker: Worker | undefined;
  #lastId = 0;
  #closing: Promise<void> | undefined;
  #onClosed = () => {};

  constructor(path: string) {
    this.#path = path;
  }

  ask<Name extends QuestionName>(name: Name, argument: Argument<Name>): Promise<Answer<Name>> {
    if (this.#closing !== undefined) return Promise.reject(new StorageError('unavailable', 'the store is closed'));
    try {
      this.#worker ??= this.#start();
    } catch {
      return Promise.reject(new StorageError('unavailable', 'no reading thread could be started'));
    }
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#asked.set(id, { resolve, reject });
    this.#worker.postMessage({ type: 'ask', id, name, argument } satisfies ToReader);
    return promise as Promise<Answer<Name>>;
  }

  /**
   * Ends the thread. It closes its connection first, for one that is only dropped keeps the log from being folded into
   * the database; but a long answer that nobody waits for any more is cut.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const cut = this.#asked.size > 0;
    this.#failAll('the store is closed');
    if (this.#worker !== undefined && !cut) {
      const closed = Promise.withResolvers<void>();
      this.#onClosed = closed.resolve;
      this.#worker.ref();
      this.#worker.postMessage({ type: 'close' } satisfies ToReader);
      await closed.promise;
    }
    this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = startThread(new URL('./read-worker.ts', import.meta.url));
    worker.onmessage = ({ data }: MessageEvent<FromReader>) => {
      if ('closed' in data) return this.#onClosed();
      const asked = this.#asked.get(data.id);
      this.#asked.delete(data.id);
      if (data.ok) asked?.resolve(data.value);
      else asked?.reject(toStorageError(data.failure));
    };
    worker.onerror = () => {
      this.#worker = undefined;
      this.#failAll('the reading thread failed');
      this.#onClosed();
    };
    worker.postMessage({ type: 'open', path: this.#path } satisfies ToReader);
    // Waiting for a question must not keep the process alive.
    worker.unref();
    return worker;
  }

  #failAll(reason: string): void {
    for (const { reject } of this.#asked.values()) reject(new StorageError('unavailable', reason));
    this.#asked.clear();
  }
}

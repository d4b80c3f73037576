/**
 * One administrative act after another: each reads, checks and writes, and must not see another half done. Requests for
 * models never wait here.
 */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#last.then(act, act);
    this.#last = result.catch(() => {});
    return result;
  }
}

/** What goes up with earlier turns that the client did not send itself: its upstream's own, put back from memory. */
export class PutBack {
  /** Reasoning. */
  texts: string[] = [];
  /** Length of signatures, encrypted reasoning and the upstream's data about calls: base64, nearly all of it. */
  sealed = 0;

  /** In bytes. */
  get size(): number {
    return this.texts.reduce((sum, text) => sum + Buffer.byteLength(text), this.sealed);
  }
}

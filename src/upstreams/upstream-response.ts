/** An upstream's answer as the road reads it: a part of the platform's `Response`, which is one too. */
export interface UpstreamResponse {
  readonly status: number;
  readonly ok: boolean;
  /** To be asked for before the body flows. */
  readonly headers: { get(name: string): string | null };
  readonly body: UpstreamBody | null;
}

export interface UpstreamBody {
  getReader(): BodyReader;
  /** Where the body can hand its bytes over as they come, which costs less than being asked for each. */
  flowTo?(consumer: BodyConsumer): BodyFlow;
}

export interface BodyReader {
  /** The next bytes, as many as are here. Rejects when the connection breaks before the end. */
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  /** Nobody wants the rest: the connection is closed. */
  cancel(reason?: unknown): Promise<void>;
}

/** Takes a body's bytes as they come, then one of `onEnd` and `onBroken`. None of them may throw. */
export interface BodyConsumer {
  /** More of the body: `chunk` from `start` to `end`. It is the consumer's to keep. */
  onBytes(chunk: Uint8Array, start: number, end: number): void;
  onEnd(): void;
  /** The connection broke before the end. */
  onBroken(reason: unknown): void;
}

/** The other end of a body that flows. */
export interface BodyFlow {
  /** The consumer has enough for now: the upstream is made to wait. What is on its way may still come. */
  pause(): void;
  resume(): void;
  /** Nobody wants the rest: the connection is closed and the consumer hears no more. */
  cancel(): void;
}

/** An upstream's answer as the road reads it: a part of the platform's `Response`, which is one too. */
export interface UpstreamResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): BodyReader } | null;
}

export interface BodyReader {
  /** The next bytes, as many as are here. Rejects when the connection breaks before the end. */
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  /** Nobody wants the rest: the connection is closed. */
  cancel(reason?: unknown): Promise<void>;
}

import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Something to be served as it is, with its compressed forms, which are made at their first use and kept. */
export interface Content {
  type: string;
  /** Of the bytes: names the version. */
  hash: string;
  /** Its address changes with its content. */
  immutable: boolean;
  bytes: Uint8Array<ArrayBuffer>;
  encoded: Map<Encoding, Promise<Uint8Array<ArrayBuffer>>>;
}

type Encoding = 'br' | 'gzip';

export function content(
  body: string | Uint8Array<ArrayBuffer>,
  type: string,
  options: { immutable?: boolean } = {},
): Content {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const hash = Bun.hash(bytes).toString(36);
  return { type, hash, immutable: options.immutable ?? false, bytes, encoded: new Map() };
}

/** The answer to GET or HEAD: compressed where that is accepted, 304 where the client has this version. */
export async function serveContent(
  file: Content,
  request: Request,
  options: { status?: number; vary?: string } = {},
): Promise<Response> {
  const encoding = acceptedEncoding(request.headers.get('accept-encoding'));
  const headers = new Headers({
    ...SECURITY,
    'content-type': file.type,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: `"${file.hash}${encoding === undefined ? '' : `-${encoding}`}"`,
    vary: options.vary === undefined ? 'accept-encoding' : `${options.vary}, accept-encoding`,
  });
  if (has(request.headers.get('if-none-match'), file.hash)) return new Response(null, { status: 304, headers });
  const bytes = encoding === undefined ? file.bytes : await encoded(file, encoding);
  if (encoding !== undefined) headers.set('content-encoding', encoding);
  headers.set('content-length', String(bytes.byteLength));
  return new Response(request.method === 'HEAD' ? null : bytes, { status: options.status ?? 200, headers });
}

/**
 * Nothing but our own style, script and images; no frames, no forms, no requests by scripts. Pages hold no style and no
 * script of their own, so that text which slipped in would stay text.
 */
export const CONTENT_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const SECURITY = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const gzipped = promisify(gzip);
const brotlied = promisify(brotliCompress);

function encoded(file: Content, encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> {
  const known = file.encoded.get(encoding);
  if (known !== undefined) return known;
  const made =
    encoding === 'gzip'
      ? gzipped(file.bytes)
      : // The highest quality costs ten times as much for a few per cent.
        brotlied(file.bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 7 } });
  const bytes = made.then((buffer) => new Uint8Array(buffer));
  file.encoded.set(encoding, bytes);
  return bytes;
}

/** `br` before `gzip`; what is given a weight of 0 is refused. */
export function acceptedEncoding(header: string | null): Encoding | undefined {
  const accepted = new Set(
    header
      ?.toLowerCase()
      .split(',')
      .map((part) => part.split(';').map((word) => word.trim()))
      .filter(([, weight]) => weight === undefined || Number(weight.replace(/^q=/, '')) > 0)
      .map(([name]) => name),
  );
  return (['br', 'gzip'] as const).find((encoding) => accepted.has(encoding));
}

/** Whether a version is among those of `if-none-match`, in whichever encoding. */
function has(header: string | null, hash: string): boolean {
  return (header ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === '*' || tag === `"${hash}"` || tag === `"${hash}-br"` || tag === `"${hash}-gzip"`);
}

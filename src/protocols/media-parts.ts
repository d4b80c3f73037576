import { asObject, asString, type JsonObject } from './json.ts';

/** What a part of content is besides text, and what it costs. */
interface Media {
  /**
   * `image`: what the card says. `unbounded`: its tokens do not follow from its bytes. A PDF is text and pictures, packed; a
   * sound file may hold an hour of silence; a link is nothing yet.
   */
  kind: 'image' | 'unbounded';
  /** The text that carries it; `''` for one that is only named. */
  payload: string;
}

/** Undefined for what is text, and for what nobody here knows. */
export function mediaOf(part: JsonObject): Media | undefined {
  switch (part.type) {
    case 'image':
      return fromSource(part.source, 'image');
    case 'image_url':
    case 'input_image':
      return fromUrl(asString(part.image_url) ?? asString(asObject(part.image_url)?.url) ?? '');
    case 'document': {
      const type = asObject(part.source)?.type;
      return type === 'text' || type === 'content' ? undefined : fromSource(part.source, 'unbounded');
    }
    case 'file': {
      const payload = asString(asObject(part.file)?.file_data) ?? '';
      const file = readDataUrl(payload);
      return file === undefined || !isTextFile(file.mediaType) ? { kind: 'unbounded', payload } : undefined;
    }
    case 'input_audio':
      return { kind: 'unbounded', payload: asString(asObject(part.input_audio)?.data) ?? '' };
    case 'input_file':
    case 'audio_url':
    case 'video_url':
    case 'input_video':
      return { kind: 'unbounded', payload: '' };
    default:
      return undefined;
  }
}

/** Some upstreams take any file in the place of an image, and go by the type that it says it has. */
function fromSource(raw: unknown, kind: Media['kind']): Media {
  const source = asObject(raw);
  const mediaType = asString(source?.media_type);
  const payload = asString(source?.data) ?? asString(source?.url) ?? '';
  return { kind: mediaType === undefined || /^\s*image\//i.test(mediaType) ? kind : 'unbounded', payload };
}

const fromUrl = (payload: string): Media => ({
  kind: /^\s*data:(?!\s*image\/)/i.test(payload) ? 'unbounded' : 'image',
  payload,
});

/** Files that are texts: other protocols have another form for these than for a PDF. */
const TEXT_FILE = /^(text\/|application\/(json|xml|yaml|x-yaml|javascript)$)/;

export const isTextFile = (mediaType: string): boolean => TEXT_FILE.test(mediaType);

/** Media type and base64 of a data URL; undefined when it is none or not in base64. */
export function readDataUrl(url: string): { mediaType: string; data: string } | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(',');
  const head = url.slice(5, comma).split(';');
  if (comma < 0 || head.at(-1)?.trim().toLowerCase() !== 'base64') return undefined;
  return { mediaType: (head[0] ?? '').trim().toLowerCase(), data: url.slice(comma + 1) };
}

/** The text of a file that is one, from its data URL; undefined for any other. */
export function readTextFile(url: string): string | undefined {
  const file = readDataUrl(url);
  return file !== undefined && isTextFile(file.mediaType)
    ? Buffer.from(file.data, 'base64').toString('utf8')
    : undefined;
}

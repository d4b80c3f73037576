import { join } from 'node:path';
import { type Content, content } from './content.ts';

/** Files that pages load, under names that change with their content: they may be kept for ever. */
export interface Assets {
  /** Addresses to put into pages. */
  css: string;
  js: string;
  /** Small, and run before the page is drawn. */
  theme: string;
  icon: string;
  byPath: ReadonlyMap<string, Content>;
}

const folder = join(import.meta.dir, 'assets');

export async function loadAssets(): Promise<Assets> {
  const byPath = new Map<string, Content>();
  const load = async (name: string, ending: string, type: string): Promise<string> => {
    const bytes = await Bun.file(join(folder, `${name}.${ending}`)).bytes();
    const file = content(bytes, type, { immutable: true });
    const path = `/docs/assets/${name}.${file.hash}.${ending}`;
    byPath.set(path, file);
    return path;
  };
  const [css, js, theme, icon] = await Promise.all([
    load('docs', 'css', 'text/css; charset=utf-8'),
    load('docs', 'js', 'text/javascript; charset=utf-8'),
    load('theme', 'js', 'text/javascript; charset=utf-8'),
    load('icon', 'svg', 'image/svg+xml'),
  ]);
  return { css, js, theme, icon, byPath };
}

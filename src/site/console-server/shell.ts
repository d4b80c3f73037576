import type { BundleManifest } from '../bundle/manifest.ts';
import { type Content, content } from '../docs/shelf/content.ts';

/** The page of the console. All names in it come from the bundle, so there is nothing to escape. */
export function shell({ main, style, theme, icon }: BundleManifest, assets: string): Content {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>ByteSpike console</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="${assets}${icon}" type="image/svg+xml">
<script src="${assets}${theme}"></script>
<link rel="stylesheet" href="${assets}${style}">
<script type="module" src="${assets}${main}"></script>
</head>
<body>
<div id="root"></div>
<noscript>The console needs JavaScript. The <a href="/docs">documentation</a> does not, and the command line
(<code>npx bytespike</code>) does the same as the console.</noscript>
</body>
</html>
`;
  return content(html, 'text/html; charset=utf-8');
}

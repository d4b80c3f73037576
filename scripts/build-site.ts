/**
 * Builds the console into dist/site unless what lies there belongs to the sources as they are. The server would do the same
 * when it is first asked for the console; this takes the wait away from the first visitor.
 */
import { buildBundle } from '../src/site/bundle/build-bundle.ts';
import { BUNDLE_FOLDER } from '../src/site/bundle/load-bundle.ts';
import { readManifest } from '../src/site/bundle/manifest.ts';
import { sourceHash } from '../src/site/bundle/source-hash.ts';

const there = await readManifest(BUNDLE_FOLDER);
if (there?.sources !== (await sourceHash())) await buildBundle(BUNDLE_FOLDER);

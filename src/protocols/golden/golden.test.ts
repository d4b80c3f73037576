import { describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { checkChatStream, checkMessagesStream } from '../../../tests/support/stream-invariants.ts';
import type { Protocol } from '../protocol.ts';
import { otherProtocol, refusalOf, translateAnswer, translateRequest, translateStream } from './harness.ts';
import { type TargetName, targetNamed } from './targets.ts';

/*
 * The golden corpus: `fixtures/<kind>/<case>.json` or `.sse` goes in, `<case>.out.*` beside it is what must come out. With
 * GOLDEN_UPDATE=1 the outputs are written anew, to be read through before they are committed.
 */
const FIXTURES = new URL('./fixtures/', import.meta.url).pathname;
const update = Bun.env.GOLDEN_UPDATE === '1';

const cases = (kind: string): string[] =>
  readdirSync(FIXTURES + kind)
    .filter((name) => !name.includes('.out.'))
    .sort();

const read = (path: string): Promise<string> => Bun.file(FIXTURES + path).text();

async function expectGolden(path: string, text: string): Promise<void> {
  if (update) await Bun.write(FIXTURES + path, text);
  expect(text).toBe(await read(path));
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** Cases are named after the upstream's protocol: `chat-…` or `messages-…`. */
const upstreamOf = (name: string): Protocol => (name.startsWith('messages-') ? 'messages' : 'chat-completions');

interface RequestCase {
  /** What it shows, with the ids of the faults that it guards against. */
  about: string;
  target: TargetName;
  request: object;
}

describe('requests', () => {
  for (const name of cases('requests')) {
    const { about, target, request } = JSON.parse(readFileSync(`${FIXTURES}requests/${name}`, 'utf8')) as RequestCase;
    test(`${name.replace('.json', '')}: ${about}`, async () => {
      const refusal = refusalOf(request, targetNamed(target));
      const out =
        refusal === undefined
          ? (({ changed, emulated, body }) => ({ changed, emulated, body }))(
              translateRequest(request, targetNamed(target)),
            )
          : { code: refusal.code, param: refusal.details.param, message: refusal.message };
      await expectGolden(`requests/${name.replace('.json', '.out.json')}`, pretty(out));
    });
  }
});

describe('answers', () => {
  for (const name of cases('answers')) {
    test(name.replace('.json', ''), async () => {
      const { parsed } = translateAnswer(upstreamOf(name), await read(`answers/${name}`));
      await expectGolden(`answers/${name.replace('.json', '.out.json')}`, pretty(parsed));
    });
  }
});

describe('streams', () => {
  for (const name of cases('streams')) {
    test(name.replace('.sse', ''), async () => {
      const { text, stream } = translateStream(upstreamOf(name), [await read(`streams/${name}`)]);
      const failure =
        stream.failure === undefined ? '' : `: failed: ${stream.failure.code}: ${stream.failure.message}\n`;
      await expectGolden(`streams/${name.replace('.sse', '.out.sse')}`, text + failure);
      if (stream.failure !== undefined) return;
      const violations =
        otherProtocol(upstreamOf(name)) === 'messages'
          ? checkMessagesStream(text)
          : checkChatStream(text, { includeUsage: true });
      expect(violations).toEqual([]);
    });
  }
});

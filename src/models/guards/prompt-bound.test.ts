import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { JsonObject } from '../../protocols/json.ts';
import { createTokenCounter } from '../../tokens/index.ts';
import { loadCatalog } from '../catalog.ts';
import { promptByteBound } from './prompt-bound.ts';

const { byId } = loadCatalog();
const pro = byId.get('deepseek-v4-pro')!;
const opus = byId.get('claude-opus-4-8')!;
const megabyte = 'A'.repeat(1_000_000);

const user = (...content: unknown[]): JsonObject => ({ messages: [{ role: 'user', content }] });

test('text counts a token for each byte at most, however it is spread', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.string({ unit: 'binary' }), (texts, system) => {
      const body = { system, messages: texts.map((content) => ({ role: 'user', content })) };
      const bytes = [system, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      expect(promptByteBound(body, pro)).toBeGreaterThanOrEqual(bytes + texts.length * pro.tokens.per_message);
    }),
  );
});

test('the length as received stands for the body where it is known', () => {
  const body = user({ type: 'text', text: 'hi' });
  const sent = JSON.stringify(body, undefined, 2);
  expect(promptByteBound(body, pro, sent.length)).toBe(
    promptByteBound(body, pro) + sent.length - JSON.stringify(body).length,
  );
});

test('tools cost the template once and each', () => {
  const { per_tool, tools_once } = pro.tokens;
  const tool = { name: 'f', input_schema: {} };
  const grown = (tools: unknown[]): number =>
    promptByteBound({ tools, messages: [] }, pro) - JSON.stringify({ tools, messages: [] }).length;
  expect(grown([tool]) - grown([])).toBe(tools_once + per_tool);
  expect(grown([tool, tool, tool]) - grown([tool])).toBe(2 * per_tool);
});

test('a tool that its vendor describes costs as much again as tools do at all', () => {
  const bound = (type: string): number => {
    const tools = [{ type, name: 'computer' }];
    return promptByteBound({ tools, messages: [] }, opus) - type.length;
  };
  expect(bound('computer_20251124') - bound('custom')).toBe(opus.tokens.tools_once);
});

// Anthropic counted 674 tokens in a body of 590 bytes that has a short document to be cited.
test('to explain citations to the model costs as much as tools do at all', () => {
  const source = { type: 'text', media_type: 'text/plain', data: 'Ruby.' };
  const bound = (type: string, enabled: boolean, inResult: boolean): number => {
    const block = { type, source, content: [], citations: { enabled } };
    const part = inResult ? { type: 'tool_result', tool_use_id: 't', content: [block] } : block;
    return promptByteBound(user(part, part), opus) - JSON.stringify([part, part]).length;
  };
  for (const type of ['document', 'search_result']) {
    for (const inResult of [false, true]) {
      expect(bound(type, true, inResult) - bound(type, false, inResult)).toBe(opus.tokens.tools_once);
    }
  }
});

describe('an image counts by the card and not by its bytes', () => {
  test.each([
    ['base64', { type: 'image', source: { type: 'base64', media_type: 'image/png', data: megabyte } }],
    ['data URL', { type: 'image_url', image_url: { url: `data:image/png;base64,${megabyte}` } }],
    ['input_image', { type: 'input_image', image_url: `data:image/png;base64,${megabyte}` }],
    [
      'in a tool result',
      { type: 'tool_result', tool_use_id: 't', content: [{ type: 'image', source: { data: megabyte } }] },
    ],
  ])('%s', (_, part) => {
    const bound = promptByteBound(user(part), opus);
    expect(bound).toBeGreaterThan(opus.tokens.per_image);
    expect(bound).toBeLessThan(opus.tokens.per_image + 300);
  });

  test('a link counts as much', () => {
    const bound = promptByteBound(user({ type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } }), opus);
    expect(bound).toBeGreaterThan(opus.tokens.per_image);
  });

  test('but text that takes the shape of one somewhere else counts in full', () => {
    const hidden = { type: 'tool_use', id: 't', name: 'f', input: { type: 'image', source: { data: megabyte } } };
    expect(promptByteBound(user(hidden), opus)).toBeGreaterThan(1_000_000);
    const schema = {
      tools: [{ name: 'f', input_schema: { type: 'image', source: { data: megabyte } } }],
      messages: [],
    };
    expect(promptByteBound(schema, opus)).toBeGreaterThan(1_000_000);
  });
});

describe('a document counts as the window', () => {
  const pdf = 'data:application/pdf;base64,JVBERi0';
  test.each([
    [{ type: 'image_url', image_url: { url: pdf } }],
    [{ type: 'image', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0' } }],
    [{ type: 'input_audio', input_audio: { data: 'ZkxhQw', format: 'flac' } }],
    [{ type: 'document', source: { type: 'content', content: [{ type: 'file', file: { file_data: pdf } }] } }],
    [{ type: 'document', source: { type: 'url', url: 'https://x.test/a.pdf' } }],
    [{ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0' } }],
    [{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0' } }],
    [{ type: 'video_url', video_url: { url: 'https://x.test/a.mp4' } }],
    [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'document', source: { type: 'url', url: 'x' } }] }],
  ])('%j', (part) => {
    expect(promptByteBound(user(part), opus)).toBe(opus.window);
  });

  test('however long it is', () => {
    const part = { type: 'file', file: { file_data: `data:application/pdf;base64,${megabyte}` } };
    expect(promptByteBound(user(part), opus)).toBe(opus.window);
  });

  test('but not one of plain text', () => {
    const plain = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } };
    expect(promptByteBound(user(plain), opus)).toBeLessThan(300);
    const file = { type: 'file', file: { file_data: `data:text/plain;base64,${btoa('words')}` } };
    expect(promptByteBound(user(file), opus)).toBeLessThan(300);
  });

  test('and not one of blocks, which count each for itself', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: megabyte } };
    const blocks = { type: 'document', source: { type: 'content', content: [image, { type: 'text', text: 'words' }] } };
    for (const part of [blocks, { type: 'tool_result', tool_use_id: 't', content: [blocks] }]) {
      const bound = promptByteBound(user(part), opus);
      expect(bound).toBeGreaterThan(opus.tokens.per_image);
      expect(bound).toBeLessThan(opus.tokens.per_image + 400);
    }
  });
});

test('no body makes it fail', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (messages, tools) => {
      expect(promptByteBound({ messages, tools } as JsonObject, pro)).toBeGreaterThan(0);
    }),
  );
});

test('is never under the count of the tokenizer', async () => {
  const counter = createTokenCounter();
  const string = fc.string({ unit: 'grapheme', maxLength: 200 });
  const schema = fc.jsonValue({ maxDepth: 4 });
  const tool = fc.record({ name: string, description: string, input_schema: schema });
  const block = fc.oneof(
    fc.record({ type: fc.constant('text'), text: string }),
    fc.record({ type: fc.constant('tool_use'), id: string, name: string, input: schema }),
    fc.record({ type: fc.constant('tool_result'), tool_use_id: string, content: string }),
    fc.record({ type: fc.constant('thinking'), thinking: string, signature: string }),
  );
  const message = fc.record({ role: fc.constantFrom('user', 'assistant'), content: fc.oneof(string, fc.array(block)) });
  const request = fc.record({ system: string, messages: fc.array(message), tools: fc.array(tool, { maxLength: 3 }) });
  try {
    await fc.assert(
      fc.asyncProperty(request, async (body) => {
        const { tokens } = await counter.countPrompt('messages', body, pro.tokens);
        expect(promptByteBound(body, pro)).toBeGreaterThanOrEqual(tokens);
      }),
    );
  } finally {
    counter.close();
  }
});

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { GatewayError } from '../../errors/catalogue.ts';
import type { JsonObject } from '../../protocols/json.ts';
import type { Protocol } from '../../protocols/protocol.ts';
import { loadCatalog } from '../catalog.ts';
import { guardImages, pathText } from './images.ts';

const { cards, byId } = loadCatalog();
const pro = byId.get('deepseek-v4-pro')!;

const text = { type: 'text', text: 'What is this?' };
const chatImage = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } };
const toolUse = { type: 'tool_use', id: 't1', name: 'shot', input: {} };
const documentOf = (...content: unknown[]) => ({ type: 'document', source: { type: 'content', content } });
const toolResult = (...content: unknown[]) => ({ type: 'tool_result', tool_use_id: 't1', content });

function guard(protocol: Protocol, messages: unknown, card = pro): string[] {
  return guardImages({ protocol, body: { messages }, card, cards }).map(({ path }) => pathText(path));
}

function refusal(protocol: Protocol, messages: unknown): GatewayError {
  try {
    guard(protocol, messages);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('was not refused');
}

describe('an image in the newest user message', () => {
  test.each<[Protocol, unknown, string]>([
    ['chat-completions', [{ role: 'user', content: [text, chatImage] }], 'messages[0].content[1]'],
    [
      'chat-completions',
      [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x.test/a.png' }] }],
      'messages[0].content[0]',
    ],
    ['messages', [{ role: 'user', content: [image, text] }], 'messages[0].content[0]'],
    // The turn goes on, but no newer word of the user has come.
    [
      'chat-completions',
      [
        { role: 'user', content: [chatImage] },
        { role: 'assistant', content: 'hm' },
        { role: 'tool', content: 'x' },
      ],
      'messages[0].content[0]',
    ],
    ['messages', [{ role: 'user', content: [toolResult(text), image] }], 'messages[0].content[1]'],
    [
      'messages',
      [{ role: 'user', content: [text, documentOf(text, image)] }],
      'messages[0].content[1].source.content[1]',
    ],
  ])('on %s is refused: %j', (protocol, messages, param) => {
    const error = refusal(protocol, messages);
    expect(error.code).toBe('unsupported_feature');
    expect(error.status(protocol)).toBe(400);
    expect(error.details.param).toBe(param);
    expect(error.message).toStartWith('deepseek-v4-pro has no vision');
    // The card's own advice comes first.
    expect(error.message).toContain('use a model that reads images: gpt-5-4, claude-sonnet-4-6, gemini-3-1-pro, ');
    expect(error.message).not.toContain('AAAA');
  });

  test('names nobody where nobody sees', () => {
    const blind = () =>
      guardImages({
        protocol: 'messages',
        body: { messages: [{ role: 'user', content: [image] }] },
        card: pro,
        cards: [pro],
      });
    expect(blind).toThrow('ask the operator for a model that reads images');
  });

  test('passes at a model that sees', () => {
    expect(guard('messages', [{ role: 'user', content: [image] }], byId.get('claude-opus-4-8')!)).toEqual([]);
  });
});

describe('an image elsewhere is to be replaced', () => {
  test.each<[string, Protocol, unknown, string[]]>([
    [
      'in a document, further back and in a tool result',
      'messages',
      [
        { role: 'user', content: [documentOf(image, text)] },
        { role: 'assistant', content: [toolUse] },
        { role: 'user', content: [toolResult(text, documentOf(image))] },
      ],
      ['messages[0].content[0].source.content[0]', 'messages[2].content[0].content[1].source.content[0]'],
    ],
    [
      'further back, on Chat Completions',
      'chat-completions',
      [
        { role: 'user', content: [chatImage, text] },
        { role: 'assistant', content: 'A cat.' },
        { role: 'user', content: 'And now?' },
      ],
      ['messages[0].content[0]'],
    ],
    [
      'in a tool message',
      'chat-completions',
      [
        { role: 'user', content: 'Look.' },
        { role: 'assistant', tool_calls: [] },
        { role: 'tool', tool_call_id: 'c', content: [text, chatImage] },
      ],
      ['messages[2].content[1]'],
    ],
    [
      'further back, in the assistant, and in an old tool result',
      'messages',
      [
        { role: 'user', content: [text, image] },
        { role: 'assistant', content: [image, toolUse] },
        { role: 'user', content: [toolResult(text, image, image)] },
        { role: 'user', content: 'And now?' },
      ],
      [
        'messages[0].content[1]',
        'messages[1].content[0]',
        'messages[2].content[0].content[1]',
        'messages[2].content[0].content[2]',
      ],
    ],
    [
      'in a tool result of the newest user message',
      'messages',
      [
        { role: 'user', content: 'Look.' },
        { role: 'assistant', content: [toolUse] },
        { role: 'user', content: [toolResult(image), text] },
      ],
      ['messages[2].content[0].content[0]'],
    ],
  ])('%s', (_, protocol, messages, paths) => {
    expect(guard(protocol, messages)).toEqual(paths);
  });

  test('what only looks like one is left alone', () => {
    const lookalikes = [
      { role: 'assistant', content: [{ ...toolUse, input: { type: 'image', source: {} } }] },
      { role: 'user', content: [{ type: 'text', text: '{"type":"image"}' }] },
    ];
    expect(guard('messages', lookalikes)).toEqual([]);
  });
});

test('no body makes it fail', () => {
  const bodies = [
    undefined,
    null,
    'x',
    {},
    [null, 1, 'x', [], { role: 'user' }, { role: 'user', content: [null, 1, []] }],
  ];
  for (const messages of bodies) {
    expect(guard('messages', messages)).toEqual([]);
    expect(guard('chat-completions', messages)).toEqual([]);
  }
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('messages' as const, 'chat-completions' as const),
      (value, protocol) => {
        const body = value as JsonObject;
        expect(Array.isArray(guardImages({ protocol, body: { messages: body }, card: pro, cards }))).toBe(true);
      },
    ),
  );
});

import { expect, test } from 'bun:test';
import { cpuMs } from '../../tests/support/cpu-time.ts';
import { type BlockReader, parseEvent, SseFramer } from './sse.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

const keeping = (blocks: string[]): BlockReader => ({
  onBlock: (bytes, start, end) => void blocks.push(text(bytes.subarray(start, end))),
});

function frames(chunks: Uint8Array[]): { blocks: string[]; rest: string } {
  const framer = new SseFramer();
  const blocks: string[] = [];
  for (const chunk of chunks) framer.push(chunk, keeping(blocks));
  return { blocks, rest: text(framer.rest) };
}

const samples = {
  LF: 'event: a\ndata: 1\n\ndata: 中文 🎉\n\n: c\n\ndata: [DONE]\n\n',
  CRLF: 'event: a\r\ndata: 1\r\n\r\ndata: 中文\r\n\r\ndata: x\r\n\r\n',
  CR: 'data: 1\r\rdata: 2\r\rdata: 3\r\r:\n\n',
};

for (const [name, sample] of Object.entries(samples)) {
  test(`cuts ${name} the same at every offset and byte by byte`, () => {
    const bytes = encode(sample);
    const whole = frames([bytes]).blocks;
    expect(whole.join('')).toBe(sample);
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(frames([bytes.slice(0, cut), bytes.slice(cut)]).blocks).toEqual(whole);
    }
    expect(frames(Array.from(bytes, (_, i) => bytes.slice(i, i + 1))).blocks).toEqual(whole);
  });
}

for (const [name, sample] of Object.entries(samples)) {
  test(`cuts ${name} the same where it lies between other bytes`, () => {
    const bytes = encode(sample);
    const whole = frames([bytes]).blocks;
    for (const around of ['\n', '\r', '\r\n', 'x', '\ufeff']) {
      for (let cut = 0; cut <= bytes.length; cut++) {
        const framer = new SseFramer();
        const blocks: string[] = [];
        for (const part of [bytes.slice(0, cut), bytes.slice(cut)]) {
          const side = encode(around);
          const chunk = new Uint8Array([...side, ...part, ...side]);
          framer.push(chunk, keeping(blocks), side.length, side.length + part.length);
        }
        expect(blocks).toEqual(whole);
      }
    }
  });
}

test('a CR right behind a split BOM is seen', () => {
  const bytes = encode('\ufeff\r\rdata: 1\r\rx');
  for (let cut = 1; cut < bytes.length; cut++) {
    const cutThere = frames([bytes.slice(0, cut), bytes.slice(cut)]);
    expect(cutThere).toEqual({ blocks: ['\r\r', 'data: 1\r\r'], rest: 'x' });
  }
});

test('drops a BOM, also a split one, and keeps what has no end', () => {
  const bytes = encode('\ufeffdata: 1\n\ndata: 2');
  for (let cut = 1; cut < bytes.length; cut++) {
    expect(frames([bytes.slice(0, cut), bytes.slice(cut)])).toEqual({ blocks: ['data: 1\n\n'], rest: 'data: 2' });
  }
});

test('reads lines as the standard says', () => {
  expect(parseEvent(encode('event: x\ndata:a\ndata: b\nid: 1\n: note\n\n'))).toEqual({ event: 'x', data: 'a\nb' });
  expect(parseEvent(encode(': keep-alive\n\n'))).toBeUndefined();
  expect(parseEvent(encode('data\n\n'))).toBeUndefined();
  expect(parseEvent(encode('event: error\ndata:\n\n'))).toEqual({ event: 'error', data: '' });
});

test('bounds a block that never ends', () => {
  const framer = new SseFramer(1000);
  expect(() => {
    for (let i = 0; i < 200; i++) framer.push(encode('data: xxxxxxxx'), keeping([]));
  }).toThrow(RangeError);
});

test('a long block in tens of thousands of pieces costs little more than in one', () => {
  const data = 'x'.repeat(100);
  for (const lineEnd of ['\n', '\r\n']) {
    const framer = new SseFramer();
    const blocks: string[] = [];
    const piece = encode(`data: ${data}${lineEnd}`);
    const at = cpuMs();
    for (let i = 0; i < 20_000; i++) framer.push(piece, keeping(blocks));
    framer.push(encode(lineEnd), keeping(blocks));
    expect(cpuMs() - at).toBeLessThan(3_000);
    expect(blocks).toEqual([`data: ${data}${lineEnd}`.repeat(20_000) + lineEnd]);
  }
});

test('what follows a block is not written into it', () => {
  for (const long of ['', 'x'.repeat(5_000)]) {
    const framer = new SseFramer();
    const blocks: Uint8Array[] = [];
    const keep: BlockReader = { onBlock: (bytes, start, end) => void blocks.push(bytes.subarray(start, end)) };
    const pieces = ['data: ', long, 'a\n', '\nda', 'ta: ', long, 'b', '\n\n', 'data: c\n\nx', 'y'];
    for (const piece of pieces) framer.push(encode(piece), keep);
    expect(blocks.map(text)).toEqual([`data: ${long}a\n\n`, `data: ${long}b\n\n`, 'data: c\n\n']);
    expect(text(framer.rest)).toBe('xy');
  }
});

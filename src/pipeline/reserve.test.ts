import { expect, test } from 'bun:test';
import { dearestCacheWrite } from './reserve.ts';

const kept = { cache_control: { type: 'ephemeral' } };
const keptLong = { cache_control: { type: 'ephemeral', ttl: '1h' } };

test('the dearest cache write is found wherever a body may ask for one', () => {
  const text = { type: 'text', text: 'cache_control' };
  expect(dearestCacheWrite({ messages: [{ role: 'user', content: [text] }] })).toBeUndefined();
  expect(dearestCacheWrite(kept)).toBe('5m');
  expect(dearestCacheWrite({ system: [{ ...text, ...kept }] })).toBe('5m');
  expect(dearestCacheWrite({ tools: [{ name: 'f', ...keptLong }], system: [{ ...text, ...kept }] })).toBe('1h');
  const result = { type: 'tool_result', tool_use_id: 't', content: [{ ...text, ...keptLong }] };
  expect(dearestCacheWrite({ messages: [{ role: 'user', content: [result] }] })).toBe('1h');
});

test('a name written with escapes asks for it too', () => {
  const body = JSON.parse('{"system":[{"type":"text","text":"a","cache_c\\u006fntrol":{"type":"ephemeral"}}]}');
  expect(dearestCacheWrite(body)).toBe('5m');
});

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
  const inside = { type: 'document', source: { type: 'content', content: [{ ...text, ...keptLong }] } };
  expect(dearestCacheWrite({ messages: [{ role: 'user', content: [inside] }] })).toBe('1h');
  const fetched = { type: 'web_fetch_tool_result', content: { type: 'web_fetch_result', content: inside } };
  expect(dearestCacheWrite({ messages: [{ role: 'assistant', content: [fetched] }] })).toBe('1h');
  expect(dearestCacheWrite({ tools: [{ type: 'function', function: { name: 'f', ...keptLong } }] })).toBe('1h');
});

test('what a tool is given, or its schema says, asks for nothing', () => {
  const call = { type: 'tool_use', id: 't', name: 'f', input: keptLong };
  const tool = { name: 'f', input_schema: { type: 'object', properties: keptLong } };
  expect(dearestCacheWrite({ tools: [tool], messages: [{ role: 'assistant', content: [call] }] })).toBeUndefined();
});

test('a name written with escapes asks for it too', () => {
  const body = JSON.parse('{"system":[{"type":"text","text":"a","cache_c\\u006fntrol":{"type":"ephemeral"}}]}');
  expect(dearestCacheWrite(body)).toBe('5m');
});

import { expect, test } from 'bun:test';
import { IMAGE_OMITTED, jsonSchemaInstruction, midConversationSystem, TOOL_ERROR_PREFIX } from './added-text.ts';

test('a system message in place keeps its text to the byte', () => {
  expect(midConversationSystem('Be brief.\n\u4e2d')).toBe('<system>Be brief.\n\u4e2d</system>');
});

test('the emulated schema goes in as it came, and the word JSON that DeepSeek asks for is there', () => {
  const schema = '{"type":"object", "properties":{"b":{},"a":{}}}';
  const text = jsonSchemaInstruction(schema, 'answer', 'What is known.');
  expect(text).toEndWith(`\n${schema}`);
  expect(text).toContain('"answer"');
  expect(text).toContain('What is known.');
  expect(jsonSchemaInstruction(schema)).toContain('JSON');
  expect(jsonSchemaInstruction(schema)).toBe(jsonSchemaInstruction(schema));
});

test('the fixed texts are what clients have seen before', () => {
  expect(IMAGE_OMITTED).toBe('[Image omitted: this model does not read images.]');
  expect(TOOL_ERROR_PREFIX).toBe('Error: ');
});

import { describe, expect, test } from 'bun:test';
import { GatewayError } from '../errors/catalogue.ts';
import { loadCatalog } from './catalog.ts';
import { idOf, modelNotFound, requireModel, resolveModel } from './lookup.ts';

const catalog = loadCatalog();

function refusal(model: unknown): GatewayError {
  try {
    requireModel(catalog, model);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error('was not refused');
}

test.each([
  ['deepseek-v4-pro', 'deepseek-v4-pro'],
  ['DeepSeek-V4-Pro', 'deepseek-v4-pro'],
  ['deepseek-v4-pro[1m]', 'deepseek-v4-pro'],
  ['deepseek-flash', 'deepseek-v4-flash'],
  ['gpt-5.4', 'gpt-5-4'],
  ['gpt-5.4-mini', 'gpt-5-4-mini'],
  ['gpt-5.4-mini-2026-03-17', 'gpt-5-4-mini'],
  ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
  ['claude-opus-4-8[1m]', 'claude-opus-4-8'],
  ['claude-sonnet-4.6', 'claude-sonnet-4-6'],
  ['gemini-3.1-pro', 'gemini-3-1-pro'],
  ['gemini-3.1-pro-preview', 'gemini-3-1-pro'],
])('%s is %s, and the answer keeps the name that was asked for', (asked, id) => {
  const found = requireModel(catalog, asked);
  expect(found.card.id).toBe(id);
  expect(found.asked).toBe(asked);
});

test('the id of an id, an alias and any other name', () => {
  expect(['gpt-5-4', 'GPT-5.4', 'deepseek-chat', 'x'].map((name) => idOf(catalog, name))).toEqual([
    'gpt-5-4',
    'gpt-5-4',
    'deepseek-chat',
    'x',
  ]);
});

describe('a retired name', () => {
  test.each([
    ['deepseek-chat', 'deepseek-v4-flash'],
    ['deepseek-reasoner', 'deepseek-v4-pro'],
    ['DeepSeek-Chat', 'deepseek-v4-flash'],
  ])('%s names %s and is answered by neither', (name, successor) => {
    expect(resolveModel(catalog, name).kind).toBe('retired');
    const error = refusal(name);
    expect(error.code).toBe('model_retired');
    expect(error.status('chat-completions')).toBe(400);
    expect(error.details.param).toBe('model');
    expect(error.message).toBe(`The model "${name}" was retired on 2026-07-24. Use ${successor} instead.`);
  });
});

describe('an unknown name', () => {
  test.each([
    ['deepseek-v4-por', 'deepseek-v4-pro'],
    ['deepseek/deepseek-v4-pro', 'deepseek-v4-pro'],
    ['v4-pro', 'deepseek-v4-pro'],
    ['gpt-4o', 'gpt-5-4'],
    ['GPT 5.4 mini', 'gpt-5-4-mini'],
    ['claude-3-5-sonnet-20241022', 'claude-sonnet-4-6'],
    ['claude-opus-5', 'claude-opus-4-8'],
    ['gemini-2.5-pro', 'gemini-3-1-pro'],
    ['sonnet', 'claude-sonnet-4-6'],
  ])('%s is nearest to %s', (name, id) => {
    const found = resolveModel(catalog, name);
    expect(found).toMatchObject({ kind: 'unknown' });
    if (found.kind === 'unknown') expect(found.nearest[0]).toBe(id);
  });

  test('is a 404 that says where the names are', () => {
    const error = refusal('deepseek-v4-por');
    expect(error.code).toBe('model_not_found');
    expect(error.status('chat-completions')).toBe(404);
    expect(error.status('messages')).toBe(404);
    expect(error.details.param).toBe('model');
    expect(error.message).toContain('"deepseek-v4-por"');
    expect(error.message).toContain('deepseek-v4-pro');
    expect(error.message).toContain('GET /v1/models');
  });

  test('is compared with what is served here only', () => {
    const served = catalog.cards.filter((card) => card.vendor === 'openai');
    const { message } = modelNotFound('deepseek-v4-por', served);
    expect(message).toContain('gpt-5-4');
    expect(message).not.toContain('deepseek-v4-pro,');
    expect(modelNotFound('x', []).message).toBe('The model "x" does not exist here. GET /v1/models lists them all.');
  });

  test('comes back cut and escaped, whatever it is', () => {
    expect(refusal(`${'x'.repeat(1_000_000)}`).message.length).toBeLessThan(300);
    expect(refusal('a\u0007\nb').message).toContain('"a\\u0007\\nb"');
    for (const name of ['constructor', '__proto__', ' ', '\u{1F600}'])
      expect(refusal(name).code).toBe('model_not_found');
  });
});

test.each([[undefined], [null], [1], [''], [['deepseek-v4-pro']], [{}]])('%p is no name', (model) => {
  const error = refusal(model);
  expect(error.code).toBe('invalid_param');
  expect(error.details.param).toBe('model');
});

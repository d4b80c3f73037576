import { expect, test } from 'bun:test';
import type { GatewayError } from '../errors/catalogue.ts';
import { refuseAccountFields } from './account-fields.ts';
import { chatErrorBody } from './chat-completions/errors.ts';
import { messagesErrorBody, messagesErrorFrame } from './messages/errors.ts';

const errorOf = (body: Record<string, unknown>, allows: string[] = []): GatewayError | undefined => {
  try {
    refuseAccountFields(body, allows);
    return undefined;
  } catch (error) {
    return error as GatewayError;
  }
};

const refused = (body: Record<string, unknown>, allows: string[] = []): string | undefined => {
  const error = errorOf(body, allows);
  return error === undefined ? undefined : `${error.code} ${error.details.param}`;
};

test("tools that the vendor runs are refused: they cost more than tokens and keep state in the gateway's account", () => {
  const client = { name: 'lookup', input_schema: { type: 'object' } };
  for (const type of [
    'code_execution_20250825',
    'code_execution',
    'advisor_20260301',
    'mcp_toolset',
    'mcp',
    'file_search',
    'code_interpreter',
    'image_generation',
    'url_context',
  ]) {
    expect(refused({ tools: [client, { type, name: 'x' }] })).toBe('unsupported_parameter tools[1]');
    expect(refused({ tools: [{ type, name: 'x' }] }, ['server_tools'])).toBeUndefined();
  }
});

test("Google's, which have a key in place of a type, are refused wherever its Chat surface takes tools", () => {
  const client = { type: 'function', function: { name: 'code_execution', parameters: {} } };
  for (const key of ['code_execution', 'codeExecution', 'url_context', 'urlContext', 'file_search', 'googleMaps']) {
    const tools = [client, { [key]: {} }];
    const places: [body: Record<string, unknown>, param: string][] = [
      [{ tools }, 'tools[1]'],
      [{ google: { tools } }, 'google.tools[1]'],
      [{ extra_body: { tools } }, 'extra_body.tools[1]'],
      [{ extra_body: { google: { tools } } }, 'extra_body.google.tools[1]'],
      [{ extraBody: { google: { tools } } }, 'extraBody.google.tools[1]'],
    ];
    for (const [body, param] of places) {
      expect(refused(body)).toBe(`unsupported_parameter ${param}`);
      expect(refused(body, ['server_tools'])).toBeUndefined();
    }
  }
  const declared = [{ function_declarations: [{ name: 'code_execution' }] }, { code_execution: null }];
  expect(
    refused({ google: { tools: declared }, extra_body: { tools: 'none', google: { tools: null } } }),
  ).toBeUndefined();
});

test("tools of a vendor's type that the client runs, and free ones, pass", () => {
  for (const type of [
    'custom',
    'function',
    'bash_20250124',
    'text_editor_20250728',
    'memory_20250818',
    'computer_20251124',
    'computer_use_preview',
    'mcp_of_my_own',
    'apply_patch',
    'local_shell',
    'tool_search_tool_regex_20251119',
  ]) {
    expect(refused({ tools: [{ type, name: 'x' }] })).toBeUndefined();
  }
  expect(refused({ tools: [{ name: 'code_execution', input_schema: {} }, null] })).toBeUndefined();
  expect(
    refused({ tools: [{ name: 'run', code_execution: {} }, { function: { name: 'file_search' } }] }),
  ).toBeUndefined();
  expect(refused({ tools: 'none' })).toBeUndefined();
});

test('a place of inference that costs more is refused, its default passes', () => {
  expect(refused({ inference_geo: 'us' })).toBe('unsupported_parameter inference_geo');
  expect(refused({ inference_geo: 'us' }, ['inference_geo'])).toBeUndefined();
  for (const harmless of ['global', null, undefined]) expect(refused({ inference_geo: harmless })).toBeUndefined();
});

test('another model at the price of this one is refused, no fallback passes', () => {
  for (const fallbacks of [[{ model: 'claude-opus-4-8', max_tokens: 128_000, speed: 'fast' }], 'default', {}]) {
    expect(refused({ fallbacks })).toBe('unsupported_parameter fallbacks');
    expect(refused({ fallbacks }, ['fallbacks'])).toBeUndefined();
  }
  for (const fallbacks of [[], null, undefined]) expect(refused({ fallbacks })).toBeUndefined();
  for (const token of ['t', { token: 't', mode: 'best_effort' }]) {
    expect(refused({ fallback_credit_token: token })).toBe('unsupported_parameter fallback_credit_token');
  }
  expect(refused({ fallback_credit_token: null })).toBeUndefined();
});

test('a conversation that the upstream would hold or held is refused', () => {
  for (const thread of [{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }]) {
    expect(refused({ thread })).toBe('unsupported_parameter thread');
  }
  expect(refused({ thread: null })).toBeUndefined();
});

test('of a conversation the client is told in the words on which it goes on without', () => {
  const details = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };
  const error = errorOf({ thread: { type: 'create' } })!;
  expect(JSON.parse(messagesErrorBody(error, 'req_1')).error).toEqual({
    type: 'invalid_request_error',
    message: error.message,
    details,
  });
  expect(messagesErrorFrame(error, 'req_1')).toContain(JSON.stringify(details));
  expect(chatErrorBody(error)).not.toContain('details');
  expect(messagesErrorBody(errorOf({ store: true })!, 'req_1')).not.toContain('details');
});

const file = { type: 'image', source: { type: 'file', file_id: 'file_1' } };
const upload = { type: 'container_upload', file_id: 'file_1' };
const ofDocument = (block: object) => ({ type: 'document', source: { type: 'content', content: [block] } });
const ofResult = (block: object) => ({ type: 'tool_result', tool_use_id: 't', content: [block] });
/** Results of tools that the vendor runs: an object in place of the list. */
const ofFetch = (block: object) => ({ type: 'web_fetch_tool_result', content: { type: 'x', content: block } });

test('a file of the account is found wherever a block can stand', () => {
  for (const block of [file, upload, { type: 'file', file: { file_id: 'file_1' } }]) {
    for (const holder of [
      block,
      ofDocument(block),
      ofResult(block),
      ofFetch(block),
      ofResult(ofDocument(block)),
      ofFetch(ofDocument(block)),
    ]) {
      const content = [{ type: 'text', text: 'x' }, holder];
      for (const body of [{ messages: [{ role: 'user', content }] }, { system: content }]) {
        expect(refused(body)).toBe('unsupported_parameter file_id');
        expect(refused(body, ['file_id'])).toBeUndefined();
      }
    }
  }
});

test('content of its own passes, and so does what a tool is given or answers', () => {
  const content = [
    ofDocument({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '' } }),
    { type: 'document', source: { type: 'content', content: 'a file_id' } },
    { type: 'tool_use', id: 't', name: 'x', input: { file_id: 'f', source: { type: 'file' }, content: [file] } },
    ofResult({ type: 'text', text: '{"file_id":"f"}' }),
    null,
    7,
  ];
  expect(refused({ system: content, messages: [{ content }, { content: 'x' }, null] })).toBeUndefined();
  expect(refused({ system: 'x', messages: 'none' })).toBeUndefined();
});

test('a cache that Gemini keeps in the account is refused where its Chat surface takes one', () => {
  const id = 'cachedContents/abc';
  for (const name of ['cached_content', 'cachedContent']) {
    const cache = { [name]: id };
    const places: [body: Record<string, unknown>, param: string][] = [
      [cache, name],
      [{ google: cache }, `google.${name}`],
      [{ extra_body: cache }, `extra_body.${name}`],
      [{ extra_body: { google: cache } }, `extra_body.google.${name}`],
      [{ extraBody: { google: cache } }, `extraBody.google.${name}`],
    ];
    for (const [body, param] of places) {
      expect(refused(body)).toBe(`unsupported_parameter ${param}`);
      expect(refused(body, ['cached_content'])).toBeUndefined();
    }
  }
  const google = { thinking_config: { include_thoughts: true }, cached_content: null };
  expect(refused({ google, extra_body: { google }, extraBody: null })).toBeUndefined();
  expect(refused({ google: id, extra_body: [id] })).toBeUndefined();
});

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { RECORDINGS } from '../support/recordings.ts';
import { rawAnswer, type ScriptedAnswer, sseAnswer } from '../support/scripted-upstream.ts';
import { checkChatStream, checkMessagesStream, rechunk } from '../support/stream-invariants.ts';
import { onWire, type Recording, readRecording, readWhole, renamed } from './recording.ts';
import { MODEL, type Scene, scene, TEST_KEY } from './scene.ts';

interface Source {
  vendor: string;
  protocol: Protocol;
  model: string;
}
const DEEPSEEK: Source = { vendor: 'deepseek', protocol: 'chat-completions', model: MODEL };
const OPENAI: Source = { vendor: 'openai', protocol: 'chat-completions', model: 'gpt-5-4' };
const ANTHROPIC: Source = { vendor: 'anthropic', protocol: 'messages', model: 'claude-opus-4-8' };

/** Tokens by bucket, as the vendor reported them: uncached, read from cache; text, reasoning. */
type Buckets = [uncached: number, cacheRead: number, text: number, reasoning: number];

/** xAI's service is of OpenAI's make, but counts reasoning outside of its completion tokens. */
const STREAMS: [name: string, source: Source, buckets: Buckets][] = [
  ['deepseek-text', DEEPSEEK, [13, 0, 400, 0]],
  ['deepseek-reasoning', DEEPSEEK, [18, 0, 14, 205]],
  ['deepseek-tool-call', DEEPSEEK, [19, 320, 44, 39]],
  ['openai-text', OPENAI, [16, 0, 300, 0]],
  ['xai-tool-call', OPENAI, [1, 306, 26, 227]],
  ['anthropic-text', ANTHROPIC, [12, 0, 30, 0]],
  ['anthropic-tool-no-args', ANTHROPIC, [565, 0, 48, 0]],
];
const WHOLES: [name: string, source: Source][] = [
  ['deepseek-text', DEEPSEEK],
  ['deepseek-reasoning', DEEPSEEK],
  ['deepseek-tool-call', DEEPSEEK],
  ['deepseek-json', DEEPSEEK],
  ['openai-text', OPENAI],
  ['anthropic-text', ANTHROPIC],
  ['anthropic-tool-no-args', ANTHROPIC],
];

describe.skipIf(!existsSync(RECORDINGS))('recorded answers (skipped where the recordings are not at hand)', () => {
  const scenes = new Map<string, Scene>();
  beforeAll(async () => {
    for (const { vendor, protocol } of [DEEPSEEK, OPENAI, ANTHROPIC]) {
      scenes.set(vendor, await scene({ vendor, protocols: [protocol] }));
    }
  });
  afterAll(async () => {
    for (const stage of scenes.values()) await stage[Symbol.asyncDispose]();
  });

  /** Scripts the upstream of a source, and sends it a request on a protocol. */
  const call = async (source: Source, protocol: Protocol, answer: ScriptedAnswer, more: object): Promise<string> => {
    const { gateway, upstream } = scenes.get(source.vendor)!;
    upstream.enqueue(answer);
    const response = await fetch(gateway.url + (protocol === 'messages' ? '/v1/messages' : '/v1/chat/completions'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': TEST_KEY },
      body: JSON.stringify({
        model: source.model,
        max_tokens: 1000,
        messages: [{ role: 'user', content: 'Hello.' }],
        ...more,
      }),
    });
    expect(response.status).toBe(200);
    return response.text();
  };
  /** The buckets of what was charged last. */
  const charged = ({ vendor }: Source): Buckets => {
    const { usage } = scenes.get(vendor)!.gateway.money.charged.at(-1)!.outcome;
    const { input, output } = usage;
    expect(usage.source).toBe('upstream');
    expect([input.cacheWrite5m, input.cacheWrite1h]).toEqual([0, 0]);
    return [input.uncached, input.cacheRead, output.text, output.reasoning];
  };

  for (const [name, source, buckets] of STREAMS) {
    const { protocol } = source;
    const other: Protocol = protocol === 'messages' ? 'chat-completions' : 'messages';
    const streamOf = ({ bytes }: Recording): ScriptedAnswer =>
      sseAnswer([...rechunk(Buffer.from(bytes), 1_111)] as Uint8Array[]);
    const wholeOf = ({ whole }: Recording): ScriptedAnswer => rawAnswer([JSON.stringify(whole)], 'application/json');
    const withUsage = { stream: true, stream_options: { include_usage: true } };
    const streamed = (as: Protocol): object => (as === 'messages' ? { stream: true } : withUsage);

    describe(`the stream ${name}`, () => {
      test('comes byte for byte but for the model', async () => {
        const recording = readRecording(name, protocol);
        const text = await call(source, protocol, streamOf(recording), streamed(protocol));
        const expected = recording.payloads.map((payload) => renamed(payload, source.model));
        expect(text).toBe(onWire(expected, protocol));
        expect(charged(source)).toEqual(buckets);
      });

      if (protocol === 'chat-completions') {
        test('comes without the usage that was not asked for', async () => {
          const recording = readRecording(name, protocol);
          const text = await call(source, protocol, streamOf(recording), { stream: true });
          const frames = (payloads: readonly string[]): object[] =>
            payloads
              .map((payload) => JSON.parse(payload) as { usage?: object | null; choices: unknown[] })
              .filter(({ choices }) => choices.length > 0)
              .map(({ usage: _, ...rest }) => rest);
          const payloads = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, payload]) => payload!);
          expect(payloads.filter((payload) => /"usage":\s*\{/.test(payload))).toEqual([]);
          expect(frames(payloads)).toEqual(frames(recording.payloads.map((payload) => renamed(payload, source.model))));
          expect(text).toEndWith('data: [DONE]\n\n');
          expect(charged(source)).toEqual(buckets);
        });
      }

      for (const as of [protocol, other]) {
        const lane = as === protocol ? 'its own' : 'the other';
        test(`says through a client of ${lane} protocol what the whole answer says, at the same price`, async () => {
          const recording = readRecording(name, protocol);
          const text = await call(source, as, streamOf(recording), streamed(as));
          // On its own lane a stream is as good as the vendor made it: xAI's changes `created` on the way.
          if (as !== protocol) {
            const violations =
              as === 'messages' ? checkMessagesStream(text) : checkChatStream(text, { includeUsage: true });
            expect(violations).toEqual([]);
          }
          expect(charged(source)).toEqual(buckets);

          const fromStream = await read(as, () => streamOf(recording), true);
          const fromWhole = await read(as, () => wholeOf(recording), false);
          expect(fromStream).toEqual(fromWhole);
          expect(charged(source)).toEqual(buckets);
        });
      }

      /** What the official client reads, streamed or whole: all that a program acts on. */
      const read = async (as: Protocol, answer: () => ScriptedAnswer, stream: boolean): Promise<object> => {
        const { gateway, upstream } = scenes.get(source.vendor)!;
        upstream.enqueue(answer());
        return as === 'messages'
          ? readMessages(gateway.url, source.model, stream)
          : readChat(gateway.url, source.model, stream);
      };
    });
  }

  for (const [name, source] of WHOLES) {
    test(`the whole answer ${name} comes byte for byte but for the model`, async () => {
      const recorded = readWhole(name);
      const text = await call(source, source.protocol, rawAnswer([recorded], 'application/json'), {});
      expect(text).toBe(renamed(recorded, source.model));
      expect(charged(source)).toEqual(reported(JSON.parse(recorded) as { usage: ReportedUsage }));
    });
  }
});

interface ReportedUsage {
  input_tokens?: number;
  output_tokens?: number;
  prompt_tokens?: number;
  completion_tokens?: number;
  prompt_tokens_details?: { cached_tokens?: number };
  completion_tokens_details?: { reasoning_tokens?: number };
}

/** The buckets of a report in which reasoning is part of the completion tokens, and nothing was written to a cache. */
function reported({ usage }: { usage: ReportedUsage }): Buckets {
  if (usage.input_tokens !== undefined) return [usage.input_tokens, 0, usage.output_tokens ?? 0, 0];
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  const reasoning = usage.completion_tokens_details?.reasoning_tokens ?? 0;
  return [(usage.prompt_tokens ?? 0) - cached, cached, (usage.completion_tokens ?? 0) - reasoning, reasoning];
}

async function readChat(url: string, model: string, streamed: boolean): Promise<object> {
  const client = new OpenAI({ apiKey: TEST_KEY, baseURL: `${url}/v1`, maxRetries: 0 });
  const params = { model, messages: [{ role: 'user' as const, content: 'Hello.' }] };
  let reasoning = '';
  let answer: OpenAI.ChatCompletion;
  if (streamed) {
    const stream = client.chat.completions.stream({ ...params, stream_options: { include_usage: true } });
    // The client's accumulator knows no reasoning.
    stream.on('chunk', ({ choices }) => {
      reasoning += (choices[0]?.delta as { reasoning_content?: string | null } | undefined)?.reasoning_content ?? '';
    });
    answer = await stream.finalChatCompletion();
  } else {
    answer = await client.chat.completions.create(params);
    reasoning = (answer.choices[0]!.message as { reasoning_content?: string }).reasoning_content ?? '';
  }
  const { message, finish_reason } = answer.choices[0]!;
  const calls = (message.tool_calls ?? []).filter((call) => call.type === 'function');
  return {
    id: answer.id,
    model: answer.model,
    content: message.content ?? '',
    reasoning,
    calls: calls.map(({ id, function: { name, arguments: args } }) => ({ id, name, args })),
    finish_reason,
    usage: answer.usage,
  };
}

async function readMessages(url: string, model: string, streamed: boolean): Promise<object> {
  const client = new Anthropic({ apiKey: TEST_KEY, baseURL: url, maxRetries: 0 });
  const params = { model, max_tokens: 1000, messages: [{ role: 'user' as const, content: 'Hello.' }] };
  const answer = streamed ? await client.messages.stream(params).finalMessage() : await client.messages.create(params);
  const { id, content, stop_reason, usage } = answer;
  return { id, model: answer.model, content, stop_reason, input: usage.input_tokens, output: usage.output_tokens };
}

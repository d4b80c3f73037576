import { runLane } from '../../../tests/support/stream-invariants.ts';
import { GatewayError } from '../../errors/catalogue.ts';
import { type ChatExpressOptions, ChatExpressStream } from './express-stream.ts';

/** The stream as its client gets it, and the lane that it went through. */
export function run(chunks: Iterable<Uint8Array>, options: Partial<ChatExpressOptions> = {}) {
  const lane = new ChatExpressStream({
    model: 'deepseek-v4-pro',
    includeUsage: false,
    readError: () => new GatewayError('upstream_error', 'told'),
    ...options,
  });
  return { lane, text: runLane(lane, chunks).text };
}

export const head = '"id":"x","object":"chat.completion.chunk","created":1787600000,"model":"deepseek-v4-pro"';
export const chunk = (delta: string, rest = '"finish_reason":null}],"usage":null'): string =>
  `data: {${head},"choices":[{"index":0,"delta":${delta},"logprobs":null,${rest}}\n\n`;
export const USAGE =
  '{"prompt_tokens":18,"completion_tokens":5,"total_tokens":23,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":2},"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":18}';
export const deepseek = [
  chunk('{"role":"assistant","content":null,"reasoning_content":""}'),
  ': keep-alive\n\n',
  chunk('{"content":null,"reasoning_content":"想一想 🤔"}'),
  chunk('{"content":"a \\"usage\\" of \\n中文","reasoning_content":null}'),
  chunk('{"content":"","reasoning_content":null}', `"finish_reason":"stop"}],"usage":${USAGE}`),
  'data: [DONE]\n\n',
];
export const whole = deepseek.join('');
export const clean = deepseek.filter((frame) => !frame.startsWith(':')).join('');

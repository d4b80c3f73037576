import { chatCurl, messagesCurl } from '../pages/quickstart-code.ts';
import { code, type DocPage, h2, h3, list, p } from '../structure/document.ts';
import { exampleModel, type SiteContext } from '../structure/site-context.ts';

export function streamingGuide(context: SiteContext): DocPage {
  const target = { publicUrl: context.publicUrl, model: exampleModel(context).id };
  return {
    path: '/docs/guides/streaming',
    title: 'Streaming',
    summary: 'Server-sent events on both protocols: what comes, how it ends, and what an error looks like half-way.',
    blocks: [
      h2('Chat Completions'),
      chatCurl(target, { stream: true, stream_options: { include_usage: true } }),
      p(
        'Each event is one chunk. Reasoning comes in `delta.reasoning_content`, before the text in `delta.content`. With `include_usage` the last chunk has the usage: with no choice, or, at some upstreams, beside the finish reason. Take it from whichever chunk has it. The stream ends with `data: [DONE]`.',
      ),
      code(
        'text',
        `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"reasoning_content":"They greet me."}}], …}

data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hello!"}}], …}

data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}], …}

data: [DONE]`,
      ),
      h2('Messages'),
      messagesCurl(target, { stream: true }),
      p(
        'Blocks come one after the other, each with a start, its deltas and a stop: a `thinking` block first, then `text` and `tool_use` blocks. `message_delta` has the reason of the stop and the usage; `message_stop` is the end.',
      ),
      code(
        'text',
        `event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"They greet me."}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello!"}}

event: message_stop
data: {"type":"message_stop"}`,
      ),
      h2('Silence'),
      p(
        'After 15 seconds without an event the gateway sends one that means nothing, so that proxies keep the connection: `event: ping` on Messages, a comment line on Chat Completions. Clients skip both. It comes too when the model has not begun to answer by then: the stream is open from that moment, and what fails after it is told in the stream.',
      ),
      h2('How a stream ends'),
      h3('Well'),
      p(
        'With the terminal event of its protocol, `data: [DONE]` or `message_stop`. It leaves after the charge is stored. A stream that ends without it was cut off.',
      ),
      h3('With an error'),
      list(
        'On Chat Completions one chunk with `error` comes, then the end, and no `[DONE]`.',
        'On Messages `event: error` comes, then the end, and no `message_stop`.',
        'A stream that the upstream breaks is not billed.',
      ),
      h3('When you leave'),
      p(
        'The upstream is closed at once. If any part of the answer had been sent to you, the input and all output up to then are billed; before that, nothing.',
      ),
      h2('Behind a proxy'),
      p(
        'Streams carry `cache-control: no-cache` and `x-accel-buffering: no`. A proxy that buffers nevertheless has to be told not to, its read timeout should be above ten minutes, and it should close its side at once when a client leaves (`option abortonclose` in HAProxy).',
      ),
    ],
  };
}

import { messagesCurl } from '../pages/quickstart-code.ts';
import { code, type DocPage, h2, h3, list, p, table } from '../structure/document.ts';
import { exampleModel, type SiteContext } from '../structure/site-context.ts';

export function toolsAndReasoningGuide(context: SiteContext): DocPage {
  const target = { publicUrl: context.publicUrl, model: exampleModel(context).id };
  return {
    path: '/docs/guides/tools-and-reasoning',
    title: 'Tools and reasoning',
    summary: 'Tool calls and visible reasoning on both protocols, whichever one the upstream speaks.',
    blocks: [
      h2('Tools'),
      p(
        'Tools are declared, called and answered in the shape of the protocol that you speak. Parallel calls keep their order, their ids and their arguments byte for byte, streamed and not.',
      ),
      table(
        'Tool use by protocol',
        ['Step', 'Chat Completions', 'Messages'],
        [
          ['Declared', '`tools[].function` with `parameters`', '`tools[]` with `input_schema`'],
          [
            'Called',
            '`message.tool_calls[]`, arguments as a JSON text',
            '`tool_use` blocks in `content`, `input` as an object',
          ],
          ['Answered', 'a message with role `tool` for each call', '`tool_result` blocks in the next user message'],
          ['The turn ends with', '`finish_reason: "tool_calls"`', '`stop_reason: "tool_use"`'],
        ],
      ),
      messagesCurl(target, {
        tools: [
          {
            name: 'get_weather',
            description: 'The weather in a city.',
            input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          },
        ],
      }),
      p(
        'Tools that a vendor runs on its own servers, such as web search, are refused where the model has none: run the search as a tool of your own.',
      ),
      h2('Reasoning'),
      table(
        'The reasoning chain by protocol',
        ['Where', 'Chat Completions', 'Messages'],
        [
          [
            'Whole answer',
            '`reasoning_content` on the `message`, beside `content`',
            'a `thinking` block ahead of the `text` block',
          ],
          ['Streamed', '`reasoning_content` on the `delta`', '`thinking_delta`, then `signature_delta`'],
          ['Counted in', '`usage.completion_tokens_details.reasoning_tokens`', '`usage.output_tokens`, as part of it'],
        ],
      ),
      p(
        'Reasoning tokens are billed as output. Which models show their chain is in the [table of models](/docs/models); OpenAI and Google hide theirs and report its length at most.',
      ),
      h3('Sending it back'),
      list(
        'On Messages, replay `thinking` blocks with their `signature` as they came. They reach the vendor that made them unchanged.',
        'On Chat Completions, replay `reasoning_content` as it came. The gateway remembers signatures for 30 days and puts them back.',
        'Where the chain is lost, or another vendor made it, it is left out, and `x-bytespike-changed` says so. It is never sent as text.',
      ),
      h2('Structured output'),
      p(
        '`response_format: {"type": "json_object"}` works on every model; DeepSeek and OpenAI refuse it without the word “json” in the prompt. A `json_schema` is passed on where the upstream knows it. Where the upstream lacks one of the two, it goes into the system prompt and the answer carries `x-bytespike-emulated`; a `json_schema` with `strict: true` is refused instead.',
      ),
      code('json', '{ "response_format": { "type": "json_object" } }', 'In a Chat Completions request'),
      p(
        'Typed outputs of Python frameworks mostly ask for `strict: true`. For a model without a native `json_schema`, have the schema sent as a tool instead (LangChain: `with_structured_output(…, method="function_calling")`; Pydantic AI: `ToolOutput`), or send a `json_schema` without `strict`, or `json_object`, and check the answer. Where the framework forces the call, DeepSeek does not think for that request.',
      ),
      h2('What has no counterpart'),
      p(
        'A request in one protocol for a model that speaks the other is translated, both ways. What asks for something that the answer could not hold is refused by name. Everything else without a counterpart is dropped and named in the header `x-bytespike-changed`.',
      ),
    ],
  };
}

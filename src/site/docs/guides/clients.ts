import { chatTabs, KEY_VARIABLE, messagesTabs } from '../pages/quickstart-code.ts';
import { code, type DocPage, h2, h3, note, p, table, tabs } from '../structure/document.ts';
import { exampleModel, type SiteContext } from '../structure/site-context.ts';

export function clientsGuide(context: SiteContext): DocPage {
  const { publicUrl } = context;
  const model = exampleModel(context).id;
  const target = { publicUrl, model };
  return {
    path: '/docs/guides/clients',
    title: 'SDKs and clients',
    summary: 'SDKs, frameworks and coding agents: which address each one takes, and which variables.',
    blocks: [
      note(
        'Set these variables for your clients, not for the gateway: it would take them for its own upstreams and refuse to start.',
      ),
      h2('SDKs'),
      h3('OpenAI'),
      tabs('OpenAI SDK', ...chatTabs(target)),
      h3('Anthropic'),
      tabs('Anthropic SDK', ...messagesTabs(target)),
      h2('Frameworks'),
      table(
        'Settings of frameworks',
        ['Client', 'Setting', 'Protocol'],
        [
          ['OpenAI SDKs', `\`baseURL: '${publicUrl}/v1'\``, 'Chat Completions'],
          ['Anthropic SDKs', `\`baseURL: '${publicUrl}'\``, 'Messages'],
          [
            'Vercel AI SDK, `@ai-sdk/openai-compatible`',
            `\`baseURL: '${publicUrl}/v1', includeUsage: true\``,
            'Chat Completions',
          ],
          [
            'Vercel AI SDK, `@ai-sdk/openai`',
            `\`baseURL: '${publicUrl}/v1'\`, and \`.chat('${model}')\``,
            'Chat Completions',
          ],
          ['Vercel AI SDK, `@ai-sdk/anthropic`', `\`baseURL: '${publicUrl}/v1'\``, 'Messages'],
          ['LangChain, `@langchain/openai`', `\`configuration: { baseURL: '${publicUrl}/v1' }\``, 'Chat Completions'],
          ['LangChain, `@langchain/anthropic`', `\`anthropicApiUrl: '${publicUrl}'\``, 'Messages'],
        ],
      ),
      h2('Coding agents'),
      table(
        'Coding agents',
        ['Agent', 'Protocol', 'Base URL'],
        [
          ['[Claude Code](/docs/clients/claude-code)', 'Messages', `\`${publicUrl}\``],
          ['[opencode](/docs/clients/opencode)', 'Chat Completions or Messages', `\`${publicUrl}/v1\``],
          ['[Cline](/docs/clients/cline)', 'Chat Completions', `\`${publicUrl}/v1\``],
          ['[Cursor](/docs/clients/cursor)', 'Chat Completions', `\`${publicUrl}/v1\``],
          ['Qwen Code, `--auth-type openai`', 'Chat Completions', `\`OPENAI_BASE_URL=${publicUrl}/v1\``],
          ['Continue, `apiBase`', 'Chat Completions or Messages', `\`${publicUrl}/v1\``],
          ['Aider, `--openai-api-base`', 'Chat Completions', `\`${publicUrl}/v1\``],
        ],
      ),
      p(
        'Zed, JetBrains AI, Cherry Studio, LobeChat and whatever else takes an OpenAI-compatible provider: the base URL with `/v1`, the ByteSpike key, and the id of a model.',
      ),
      h2('Not served here'),
      p(
        'The Responses API, Gemini’s own API, embeddings, batches and file uploads. Those paths answer 404 and say what to use instead. Codex CLI and Gemini CLI speak nothing else and do not work yet.',
      ),
      h2('Is it set up right?'),
      code('sh', `curl ${publicUrl}/v1/models -H "Authorization: Bearer $${KEY_VARIABLE}"`),
      p('A list: all is well. 401: the key is wrong. A refused connection or an unknown path: the address is.'),
    ],
  };
}

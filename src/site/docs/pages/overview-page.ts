import { type DocPage, h2, note, p, table, tabs } from '../structure/document.ts';
import { exampleModel, modelPath, type SiteContext } from '../structure/site-context.ts';
import { chatCurl, messagesCurl } from './quickstart-code.ts';

/** `/docs`. */
export function overviewPage(context: SiteContext): DocPage {
  const { publicUrl, simulated, served } = context;
  const model = exampleModel(context).id;
  const target = { publicUrl, model };
  return {
    path: '/docs',
    title: 'ByteSpike',
    summary:
      'One address and one key that speak OpenAI Chat Completions and Anthropic Messages to every model, with an exact bill and limits that hold.',
    blocks: [
      ...(simulated
        ? [note('On this installation the built-in simulator answers, so that everything here can be tried.')]
        : []),
      ...(served.length === 0
        ? [
            note(
              'No upstream is configured here: requests are refused. The operator gives the gateway a vendor’s key, such as `DEEPSEEK_API_KEY`, and starts it again.',
              'warning',
            ),
          ]
        : []),
      tabs(
        'A first request',
        { label: 'Chat Completions', code: chatCurl(target) },
        { label: 'Messages', code: messagesCurl(target) },
      ),
      p(
        `This one goes to [${model}](${modelPath(model)}).${
          served.length > 1
            ? ` Any other of the [${served.length} models](/docs/models) that are served here takes the same request, on either protocol.`
            : ''
        }`,
      ),
      h2('Where to go'),
      {
        kind: 'tiles',
        tiles: [
          { title: 'Quickstart', href: '/docs/guides/quickstart', text: 'From a key to an answer, in three steps.' },
          {
            title: 'Models',
            href: '/docs/models',
            text: 'What each one is, can do and costs, and when to take another.',
          },
          {
            title: 'Clients',
            href: '/docs/guides/clients',
            text: 'SDKs, frameworks and coding agents, each with its settings.',
          },
          {
            title: 'Tools and reasoning',
            href: '/docs/guides/tools-and-reasoning',
            text: 'How calls and chains of thought look on both protocols.',
          },
          { title: 'Errors', href: '/docs/guides/errors', text: 'Every code, what it means and what to do.' },
          { title: 'Pricing', href: '/docs/pricing', text: 'The rate card, and how prices came to be.' },
          {
            title: 'Console',
            href: '/console',
            text: 'Keys, limits, requests, spend, and a playground. Log in with the admin token or with a key.',
          },
          {
            title: 'API reference',
            href: '/docs/api',
            text: 'Every route with its fields, also as OpenAPI.',
          },
        ],
      },
      h2('Addresses'),
      table(
        'Base addresses by protocol',
        ['Protocol', 'Base URL of the SDK', 'What it calls'],
        [
          ['OpenAI Chat Completions', `\`${publicUrl}/v1\``, '`POST /v1/chat/completions`'],
          ['Anthropic Messages', `\`${publicUrl}\``, '`POST /v1/messages`'],
        ],
      ),
      p('Some Messages clients want `/v1` at the end of their base URL and some do not. Both work here.'),
    ],
  };
}

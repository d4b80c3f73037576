import { chatCurl, chatTabs, KEY_VARIABLE, messagesTabs } from '../pages/quickstart-code.ts';
import { code, type DocPage, h2, h3, list, p, tabs } from '../structure/document.ts';
import { exampleModel, type SiteContext } from '../structure/site-context.ts';

export function quickstartGuide(context: SiteContext): DocPage {
  const { publicUrl } = context;
  const target = { publicUrl, model: exampleModel(context).id };
  return {
    path: '/docs/guides/quickstart',
    title: 'Quickstart',
    summary: 'From a key to a streamed answer, in three steps.',
    blocks: [
      h2('1. Take a key'),
      p(
        'A key begins with `sk-byts-`, unless the operator chose its text. The operator of this installation makes them; the first one is `BYTESPIKE_BOOTSTRAP_KEY` where that is set; else it was shown when the gateway first started, or stands in `first-start.txt` in its data folder. The [console](/console) makes more.',
      ),
      code('sh', `export ${KEY_VARIABLE}=sk-byts-...`),
      h2('2. Send a request'),
      p('With the protocol that your client speaks. The key is the same.'),
      h3('OpenAI Chat Completions'),
      tabs('OpenAI Chat Completions', ...chatTabs(target)),
      h3('Anthropic Messages'),
      tabs('Anthropic Messages', ...messagesTabs(target)),
      h2('3. Stream it'),
      p('With `stream` the answer comes piece by piece, as server-sent events.'),
      chatCurl(target, { stream: true }),
      h2('Next'),
      list(
        '[Clients](/docs/guides/clients): the settings of SDKs and coding agents.',
        '[Streaming](/docs/guides/streaming): what the events look like, and how a stream ends.',
        '[Models](/docs/models): what else there is, and what it costs.',
      ),
    ],
  };
}

import { agentSettings, opencodeSettings } from '../../snippets/agent-settings.ts';
import { agentCode, KEY_VARIABLE } from '../pages/quickstart-code.ts';
import { type Block, code, type DocPage, h2, list, note, p, steps } from '../structure/document.ts';
import { exampleModel, type SiteContext } from '../structure/site-context.ts';

interface Guide {
  agent: string;
  summary: string;
  /** What stands below the settings. */
  rest: (target: { publicUrl: string; model: string; webSearch: string }) => Block[];
}

/** `/docs/clients/<guide>`: a page for each coding agent, with the settings that model pages show too. */
export const agentGuides: { path: string; label: string; build: (context: SiteContext) => DocPage }[] = agentSettings(
  '',
  '',
).map(({ agent, guide }) => ({
  path: `/docs/clients/${guide}`,
  label: agent,
  build: (context) => agentPage(agent, context),
}));

function agentPage(agent: string, context: SiteContext): DocPage {
  const { publicUrl } = context;
  const model = exampleModel(context).id;
  const settings = agentSettings(publicUrl, model).find((one) => one.agent === agent);
  const guide = GUIDES.find((one) => one.agent === agent);
  if (settings === undefined || guide === undefined) throw new RangeError(`no guide for ${agent}`);
  return {
    path: `/docs/clients/${settings.guide}`,
    title: agent,
    summary: guide.summary,
    blocks: [
      h2('Settings'),
      p(
        `Put a key into \`${KEY_VARIABLE}\` ([how to get one](/docs/guides/authentication)) and take any of the [models](/docs/models).`,
      ),
      agentCode(settings),
      ...guide.rest({ publicUrl, model, webSearch: webSearch(context) }),
      h2('Is it set up right?'),
      p('From the same shell, without the agent:'),
      code('sh', `curl ${publicUrl}/v1/models -H "Authorization: Bearer $${KEY_VARIABLE}"`),
      p(
        'A list: the address and the key are right, and it has the models that the key reaches. 401: the key is wrong. 403: an IP rule of the key does not let your address in. What else a request of the agent may meet, a used-up wallet or quota (402) or a model that the key does not reach (403), is in [errors](/docs/guides/errors).',
      ),
    ],
  };
}

/** What becomes of the web search that Anthropic's servers run. */
function webSearch({ catalog }: SiteContext): string {
  const searching = catalog.cards.filter(({ capabilities }) => capabilities.includes('web_search')).map(({ id }) => id);
  const who = searching.length === 0 ? 'no model here has' : `only ${searching.join(', ')} has`;
  return `Web search is a server tool of Anthropic’s, which ${who}: it is refused by name. Use a search tool of your own.`;
}

const GUIDES: Guide[] = [
  {
    agent: 'Claude Code',
    summary: 'Claude Code on any model: it speaks Anthropic Messages, whatever the upstream speaks.',
    rest: ({ publicUrl, model, webSearch }) => [
      p(
        'The address has no `/v1`: Claude Code adds `/v1/messages` itself. Its small model writes titles and summaries; left alone it would ask for one that may not be served here. `/status` shows what it took.',
      ),
      note(
        'Unset `ANTHROPIC_API_KEY`. With it set both headers go out, and `x-api-key` wins over the token.',
        'warning',
      ),
      h2('For good'),
      p('The same in `~/.claude/settings.json` holds in every shell and in the editors. It wins over the shell.'),
      code(
        'json',
        JSON.stringify(
          {
            env: {
              ANTHROPIC_BASE_URL: publicUrl,
              ANTHROPIC_AUTH_TOKEN: 'sk-byts-...',
              ANTHROPIC_MODEL: model,
              ANTHROPIC_SMALL_FAST_MODEL: model,
            },
          },
          null,
          2,
        ),
        '~/.claude/settings.json',
      ),
      p('Not in the `.claude/settings.json` of a project: that file is shared with everybody who clones it.'),
      h2('What happens on the way'),
      list(
        'Betas and fields that a model does not know are dropped and named in `x-bytespike-changed`, never refused: Claude Code would answer a 400 with up to six more requests.',
        'Thinking comes back as `thinking` blocks, on every model that shows its chain.',
        'Tool calls keep their order, ids and arguments, also where the upstream speaks Chat Completions.',
        webSearch,
        'Where the prompt passes the window the answer begins with `prompt is too long`, which Claude Code knows: it compacts.',
      ),
    ],
  },
  {
    agent: 'opencode',
    summary: 'opencode with this gateway as a provider of its own, over Chat Completions.',
    rest: ({ publicUrl, model }) => [
      p('It writes this file. List every model under `models` that you want to choose from with `/models`.'),
      code('json', JSON.stringify(opencodeSettings(publicUrl, model), null, 2), 'opencode.json'),
      p(
        'In a project’s folder the file is for that project; as `~/.config/opencode/opencode.json` it is for all. `{env:…}` reads the variable, so that no secret stands in the file.',
      ),
      h2('Over Messages'),
      p(
        `With \`"npm": "@ai-sdk/anthropic"\` and the same \`baseURL\` it speaks Messages. Both reach every model: take the one that is native to yours, which its page says ([${model}](/docs/models/${model}#protocols)).`,
      ),
    ],
  },
  {
    agent: 'Cline',
    summary: 'Cline in the terminal and in the editor, over Chat Completions.',
    rest: ({ publicUrl, model }) => [
      p('The first line stores the provider, the second starts Cline with it.'),
      h2('In the editor'),
      steps(
        'Open the settings of the Cline panel.',
        'API Provider: **OpenAI Compatible**.',
        `Base URL: \`${publicUrl}/v1\`.`,
        `API Key: the value of \`${KEY_VARIABLE}\`.`,
        `Model ID: \`${model}\`.`,
        'In the model’s configuration set its context window as its page says, and switch images off where it has no vision.',
      ),
      note(
        'Cline’s provider “Anthropic” takes no other address in the terminal: use “OpenAI Compatible”, for Claude too.',
      ),
    ],
  },
  {
    agent: 'Cursor',
    summary: 'Cursor’s chat on the models of this gateway, by its override of the OpenAI address.',
    rest: ({ publicUrl }) => [
      ...(isPrivate(publicUrl)
        ? [
            note(
              `Cursor calls from its own servers, which cannot reach \`${publicUrl}\`. Give the gateway a public address with TLS and set \`BYTESPIKE_PUBLIC_URL\` to it.`,
              'warning',
            ),
          ]
        : [p('Cursor calls from its own servers: an IP rule of the key has to let those in.')]),
      h2('What it covers'),
      list(
        'Chat with a model that you added. Cursor needs a paid plan to choose one.',
        'The override holds for all OpenAI models at once: switch it off to go back to Cursor’s own.',
        'Tab completion stays with Cursor’s own model. Where the agent mode asks for the Responses API, this gateway answers 404 and says what it serves.',
      ),
    ],
  },
];

function isPrivate(publicUrl: string): boolean {
  const { hostname, protocol } = new URL(publicUrl);
  return protocol === 'http:' || /^(localhost|127\.|10\.|192\.168\.|\[::1\])/.test(hostname);
}

import { priceRowAt } from '../../../billing/rates.ts';
import type { Advice, Card } from '../../../models/card.ts';
import { tokenLabel } from '../../../models/guards/alternatives.ts';
import { cacheWrites } from '../../../models/rate-card.ts';
import { refusals } from '../../../models/refusals.ts';
import { type Block, type DocPage, h2, h3, list, note, p, table, tabs } from '../structure/document.ts';
import { modelPath, type SiteContext } from '../structure/site-context.ts';
import { capabilityRows, surface } from './capability-rows.ts';
import { isOperators, priceHistory, priceSentence, usd } from './prices.ts';
import { agentTabs, chatTabs, messagesTabs } from './quickstart-code.ts';

/** The page of one model, from its card alone. */
export function modelPage(card: Card, context: SiteContext): DocPage {
  return {
    path: modelPath(card.id),
    title: card.id,
    summary: card.summary,
    blocks: [
      ...availability(card, context),
      atAGlance(card, context),
      ...identity(card, context),
      ...pricing(card, context),
      ...protocols(card, context),
      ...quickstart(card, context),
      h2('Capabilities'),
      table(`Capabilities of ${card.id}`, ['Capability', 'Supported'], capabilityRows(card, context.simulated)),
      ...reasoning(card),
      ...advice('When to use', card.when_to_use, context),
      ...advice('When not to use', card.when_not_to_use, context),
      ...changes(card),
      ...sources(card),
    ],
  };
}

function availability(card: Card, { served, simulated }: SiteContext): Block[] {
  if (!served.includes(card)) {
    return [note('No upstream of this installation serves this model now: requests for it are refused.', 'warning')];
  }
  if (!simulated) return [];
  const hidden = card.capabilities.includes('thinking') ? '' : ' It shows reasoning, which the model itself does not.';
  return [note(`Here the built-in simulator answers in the place of this model.${hidden}`)];
}

function atAGlance(card: Card, { nowMs }: SiteContext): Block {
  const { input, output, cache_read } = priceRowAt(card, nowMs);
  return {
    kind: 'figures',
    figures: [
      { name: 'Input', value: usd(input), unit: 'per 1M tokens' },
      { name: 'Output', value: usd(output), unit: 'per 1M tokens' },
      { name: 'Cache read', value: usd(cache_read), unit: 'per 1M tokens' },
      { name: 'Context window', value: tokenLabel(card.window), unit: 'tokens' },
      { name: 'Output limit', value: tokenLabel(card.max_output), unit: 'tokens' },
    ],
  };
}

function identity(card: Card, { catalog }: SiteContext): Block[] {
  const { series } = card;
  const linked = (id: string): string => (catalog.byId.has(id) ? `[${id}](${modelPath(id)})` : `\`${id}\``);
  const rows = [
    ['Model', `\`${card.id}\``],
    ['Name', card.name],
    ['Released', card.released],
    ['Series', series.note === undefined ? series.name : `${series.name}. ${series.note}`],
  ];
  if (series.distinct_from !== undefined && series.distinct_from.length > 0) {
    rows.push(['Distinct from', series.distinct_from.map(linked).join(', ')]);
  }
  if (card.predecessor !== undefined) rows.push(['Predecessor', linked(card.predecessor)]);
  if (card.successor !== undefined) rows.push(['Successor', linked(card.successor)]);
  if (card.aliases.length > 0) rows.push(['Also answers to', card.aliases.map((name) => `\`${name}\``).join(', ')]);
  for (const { name, successor, since } of card.retired_names) {
    const when = since === undefined ? '' : ` since ${since}`;
    rows.push(['Retired name', `\`${name}\`${when}: refused with \`model_retired\`, which names ${linked(successor)}`]);
  }
  return [...claims(card), table(`What ${card.id} is`, ['Property', 'Value'], rows)];
}

/** What somebody says of the model, by their name: nobody here has measured it. */
function claims({ claims = [] }: Card): Block[] {
  return [...new Set(claims.map(({ by }) => by))].map((by) => {
    const texts = claims.filter((claim) => claim.by === by).map(({ text }) => text);
    return p(`**${by} says:** ${texts.join(' ')} This installation has not measured it.`);
  });
}

function pricing(card: Card, { nowMs }: SiteContext): Block[] {
  const price = priceRowAt(card, nowMs);
  const { fiveMinutes, oneHour } = cacheWrites(price);
  return [
    h2('Pricing'),
    p(`${priceSentence(card, nowMs)}. See the [rate card](/docs/pricing#${card.id}).`),
    ...(isOperators(card) ? [p('The operator of this installation has set prices of this model.')] : []),
    table(
      `Prices of ${card.id} in USD per 1M tokens`,
      ['Tokens', '>USD per 1M'],
      [
        ['Input, not cached', usd(price.input)],
        ['Output, reasoning included', usd(price.output)],
        ['Cache read', usd(price.cache_read)],
        ['Cache write, 5 minutes', usd(fiveMinutes)],
        ['Cache write, 1 hour', usd(oneHour)],
      ],
    ),
    ...(card.prices.length < 2 ? [] : [h3('Price history'), priceHistory([card])]),
  ];
}

function protocols(card: Card, { publicUrl, simulated }: SiteContext): Block[] {
  const how = { messages: surface(card, 'messages', simulated), chat: surface(card, 'chat-completions', simulated) };
  return [
    h2('Protocols'),
    table(
      `Protocols that reach ${card.id}`,
      ['Protocol', 'Path', 'How'],
      [
        ['Anthropic Messages', `\`POST ${publicUrl}/v1/messages\``, how.messages],
        ['OpenAI Chat Completions', `\`POST ${publicUrl}/v1/chat/completions\``, how.chat],
      ],
    ),
    p('Both are first-class. The same ByteSpike key works on either: take the one that your client already speaks.'),
  ];
}

function quickstart(card: Card, { publicUrl }: SiteContext): Block[] {
  const target = { publicUrl, model: card.id };
  return [
    h2('Quickstart'),
    p('Put a key into `BYTESPIKE_API_KEY` ([how to get one](/docs/guides/authentication)) and paste.'),
    h3('OpenAI Chat Completions'),
    tabs('OpenAI Chat Completions', ...chatTabs(target)),
    h3('Anthropic Messages'),
    tabs('Anthropic Messages', ...messagesTabs(target)),
    h3('Coding agents'),
    tabs('Coding agents', ...agentTabs(target)),
  ];
}

function reasoning(card: Card): Block[] {
  if (card.reasoning === undefined) return [];
  const { chat_completions, messages, billing } = card.reasoning;
  return [
    h2('Reasoning'),
    list(`**On Chat Completions:** ${chat_completions}`, `**On Messages:** ${messages}`),
    ...(billing === undefined ? [] : [p(billing)]),
  ];
}

function advice(title: string, all: readonly Advice[], { catalog }: SiteContext): Block[] {
  if (all.length === 0) return [];
  const models = (ids: readonly string[]): string =>
    ids
      .map((id) => {
        const card = catalog.byId.get(id);
        return card === undefined ? `\`${id}\`` : `[${id}](${modelPath(id)}) (${tokenLabel(card.window)})`;
      })
      .join(', ');
  return [
    h2(title),
    list(
      ...all.map((one) => {
        const unnamed = (one.models ?? []).filter((id) => !one.text.includes(id));
        return `**${one.title}:** ${one.text}${unnamed.length === 0 ? '' : ` See ${models(unnamed)}.`}`;
      }),
    ),
  ];
}

/** What its upstream refuses and the gateway mends; names of fields are dropped. */
function changes(card: Card): Block[] {
  const names = [...new Set(card.routes.flatMap(({ refuses }) => refuses))];
  if (names.length === 0) return [];
  const described: Record<string, string> = refusals;
  return [
    h2('What is changed on the way'),
    p(
      'The upstream of this model refuses some of what clients send. The gateway changes just that, and names what is lost or means something else in the header `x-bytespike-changed`; what says the same under another name is not named.',
    ),
    list(...names.map((name) => described[name] ?? `\`${name}\`: it is left out.`)),
  ];
}

function sources({ sources }: Card): Block[] {
  if (sources.length === 0) return [];
  return [
    h2('Where these facts come from'),
    list(...sources.map(({ what, where, read }) => `${what}: \`${where}\`, read on ${read}`)),
  ];
}

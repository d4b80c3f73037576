import { priceRowAt } from '../../../billing/rates.ts';
import { tokenLabel } from '../../../models/guards/alternatives.ts';
import { code, type DocPage, h2, p, table } from '../structure/document.ts';
import { modelPath, type SiteContext } from '../structure/site-context.ts';
import { usd } from './prices.ts';
import { KEY_VARIABLE } from './quickstart-code.ts';

/** Every model of the catalog in one table. */
export function modelsPage({ catalog, served, nowMs, publicUrl }: SiteContext): DocPage {
  return {
    path: '/docs/models',
    title: 'Models',
    summary:
      'Every model of the catalog, with its window, its prices and what it can do. Each is reached on both protocols.',
    wide: true,
    blocks: [
      table(
        'Models, with prices in USD per 1M tokens',
        [
          'Model',
          'Maker',
          '>Window',
          '>Output limit',
          '>Input',
          '>Output',
          'Reasoning',
          'Vision',
          'Tools',
          'Served here',
        ],
        catalog.cards.map((card) => {
          const price = priceRowAt(card, nowMs);
          const mark = (has: boolean): string => (has ? '✅' : '❌');
          return {
            id: card.id,
            cells: [
              `[${card.id}](${modelPath(card.id)})`,
              card.vendor,
              tokenLabel(card.window),
              tokenLabel(card.max_output),
              usd(price.input),
              usd(price.output),
              mark(card.capabilities.includes('thinking')),
              mark(card.capabilities.includes('vision')),
              card.capabilities.includes('parallel_tool_use')
                ? 'parallel'
                : card.capabilities.includes('tool_use')
                  ? 'one at a time'
                  : '❌',
              mark(served.includes(card)),
            ],
          };
        }),
        { sortable: true },
      ),
      h2('Which ones your key reaches'),
      p(
        'The list that a key gets holds the models that its group and its own `models` allow and that some upstream here serves. `capability` and `family` in the query filter it.',
      ),
      code('sh', `curl ${publicUrl}/v1/models -H "Authorization: Bearer $${KEY_VARIABLE}"`),
      p(
        'With the header `anthropic-version` the same path answers in the shape of Anthropic’s model list, in pages and without these filters.',
      ),
      h2('Names'),
      p(
        'A model answers to its id and to its aliases, whatever the case of the letters, and the answer repeats the name that was asked for. A retired name is refused with `model_retired`, which names its successor; an unknown one with `model_not_found`, which names the nearest.',
      ),
    ],
  };
}

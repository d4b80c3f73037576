import { loadConfig } from '../config/load-config.ts';
import type { Card } from '../models/card.ts';
import type { Catalog } from '../models/catalog.ts';
import { readArguments } from './arguments.ts';
import type { Command } from './command.ts';
import type { Io } from './io.ts';
import { json } from './output.ts';
import { type Column, details, table } from './table.ts';

export const command: Command = {
  help: `usage: bytespike models [MODEL] [--json]

The models of the catalog with window, output limit and prices in USD per 1M tokens; with an id or an alias, one model
in full. --json gives the cards.
`,
  run: async (args, io) => {
    const { options, positionals } = readArguments(args, { json: 'flag' }, ['MODEL?']);
    const catalog = await openCatalog(io);
    const { priceRowAt } = await import('../billing/rates.ts');
    const price = (card: Card) => priceRowAt(card, Date.now());
    if (positionals[0] === undefined) {
      io.out(options.json ? json(catalog.cards) : table(catalog.cards, columns(price)));
      return 0;
    }
    const { requireModel } = await import('../models/lookup.ts');
    const { card } = requireModel(catalog, positionals[0]);
    const { cacheWrites } = await import('../models/rate-card.ts');
    io.out(options.json ? json(card) : description(card, price(card), cacheWrites(price(card))));
    return 0;
  },
};

type Price = Card['prices'][number];

async function openCatalog(io: Io): Promise<Catalog> {
  const { loadCatalog } = await import('../models/catalog.ts');
  return loadCatalog(await loadConfig(io));
}

function columns(price: (card: Card) => Price): Column<Card>[] {
  return [
    { title: 'id', value: ({ id }) => id },
    { title: 'vendor', value: ({ vendor }) => vendor },
    { title: 'window', value: ({ window }) => window, right: true },
    { title: 'max output', value: ({ max_output }) => max_output, right: true },
    { title: 'input', value: (card) => price(card).input, right: true },
    { title: 'cache read', value: (card) => price(card).cache_read, right: true },
    { title: 'output', value: (card) => price(card).output, right: true },
    {
      title: 'protocols',
      value: ({ routes }) => [...new Set(routes.map(({ protocol }) => protocol))].join(' ') || 'none',
    },
  ];
}

function description(card: Card, price: Price, writes: { fiveMinutes: string; oneHour: string }): string {
  const fields = details([
    ['id', card.id],
    ['name', card.name],
    ['aliases', card.aliases],
    ['vendor', card.vendor],
    ['released', card.released],
    ['window', card.window],
    ['max output', card.max_output],
    ['capabilities', card.capabilities],
    ['input', price.input],
    ['cache read', price.cache_read],
    ['cache write 5m', writes.fiveMinutes],
    ['cache write 1h', writes.oneHour],
    ['output', price.output],
    ['prices from', price.read_at === undefined ? price.from : price.source],
  ]);
  return `${fields}\n${card.summary.trim()}\n`;
}

import type { Card } from './card.ts';

/** A card with the name of its file, for messages. */
export interface FiledCard {
  file: string;
  card: Card;
}

/** What the schema cannot say about one card: that its fields agree with each other. */
export function cardProblems({ file, card }: FiledCard): string[] {
  const problems: string[] = [];
  const refuse = (field: string, what: string): void => {
    problems.push(`${file}: ${field} ${what}`);
  };
  const has = (capability: Card['capabilities'][number]): boolean => card.capabilities.includes(capability);
  const reads = (kind: Card['input_modalities'][number]): boolean => card.input_modalities.includes(kind);

  if (card.max_output > card.window) refuse('max_output', `is over window (${card.window}); allowed is at most that`);
  if (has('vision') !== reads('image')) refuse('capabilities', 'and input_modalities disagree: vision goes with image');
  if (has('audio') !== reads('audio')) refuse('capabilities', 'and input_modalities disagree: audio goes with audio');
  if (has('video') !== reads('video')) refuse('capabilities', 'and input_modalities disagree: video goes with video');
  if (has('thinking') && card.reasoning === undefined) {
    refuse('reasoning', 'is missing; a card with the capability thinking says how it shows');
  }

  card.routes.forEach((route, index) => {
    const twin = card.routes.findIndex((other) => other.vendor === route.vendor && other.protocol === route.protocol);
    if (twin < index) refuse(`routes[${index}]`, `repeats routes[${twin}]; allowed is one per vendor and protocol`);
  });

  inCalendar([card.released], 'released', refuse);
  inOrder(card.prices, 'prices', refuse);
  inOrder(card.upstream_cost ?? [], 'upstream_cost', refuse);
  card.upstream_cost?.forEach((cost, index) => {
    cost.bands?.forEach((band, place) => {
      if (band.from >= band.to) {
        refuse(`upstream_cost[${index}].bands[${place}]`, 'ends before it begins; split a band at midnight UTC');
      }
    });
  });
  return problems;
}

/** What no card can say alone: that every name leads to one card, and every link to a card that is there. */
export function catalogProblems(cards: readonly FiledCard[]): string[] {
  const problems: string[] = [];
  const ids = new Set(cards.map(({ card }) => card.id));
  const owners = new Map<string, string>();

  for (const { file, card } of cards) {
    const claim = (field: string, name: string): void => {
      const key = name.toLowerCase();
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, `${field} of ${file}`);
      else problems.push(`${file}: ${field} "${name}" is taken by ${owner}; allowed is a name that no other card has`);
    };
    claim('id', card.id);
    card.aliases.forEach((name, index) => {
      claim(`aliases[${index}]`, name);
    });
    card.retired_names.forEach(({ name }, index) => {
      claim(`retired_names[${index}].name`, name);
    });
    for (const [field, id] of links(card)) {
      if (!ids.has(id)) problems.push(`${file}: ${field} "${id}" is no card; allowed are ${[...ids].join(', ')}`);
    }
  }
  return problems;
}

function* links(card: Card): Generator<[field: string, id: string]> {
  if (card.successor !== undefined) yield ['successor', card.successor];
  if (card.predecessor !== undefined) yield ['predecessor', card.predecessor];
  for (const id of card.series.distinct_from ?? []) yield ['series.distinct_from', id];
  for (const [index, { successor }] of card.retired_names.entries())
    yield [`retired_names[${index}].successor`, successor];
  for (const field of ['when_to_use', 'when_not_to_use'] as const) {
    for (const [index, { models }] of card[field].entries()) {
      for (const id of models ?? []) yield [`${field}[${index}].models`, id];
    }
  }
}

type Refuse = (field: string, what: string) => void;

/** Each row holds until the next begins, so they stand in order of time. */
function inOrder(rows: readonly { from: string }[], field: string, refuse: Refuse): void {
  inCalendar(
    rows.map((row) => row.from),
    field,
    refuse,
  );
  rows.forEach((row, index) => {
    const before = rows[index - 1];
    if (before !== undefined && Date.parse(before.from) >= Date.parse(row.from)) {
      refuse(`${field}[${index}].from`, 'is not after the row before it; allowed are rows in order of time');
    }
  });
}

/** The schema knows the form of a date; February 30th has it too. */
function inCalendar(dates: readonly string[], field: string, refuse: Refuse): void {
  for (const date of dates) {
    const ms = Date.parse(date);
    const calendar = Number.isNaN(ms) ? '' : new Date(ms).toISOString();
    if (calendar.slice(0, date.replace(/Z$/, '').length) !== date.replace(/Z$/, '')) {
      refuse(field, `has ${date}, which is not in the calendar`);
    }
  }
}

import type { Card } from '../models/card.ts';
import { filterCards } from '../models/filter.ts';
import { modelInfo, modelInfoPage, modelList, modelObject } from '../models/listing.ts';
import { modelNotFound, resolveModel } from '../models/lookup.ts';
import { findKey } from '../pipeline/authenticate.ts';
import type { House } from '../pipeline/house.ts';
import { type AnswerHeaders, Reply } from '../pipeline/reply.ts';
import { newRequestId } from '../pipeline/request-id.ts';
import { asGatewayError, plainError } from '../pipeline/respond.ts';
import type { RoadArrival } from './routes.ts';

/** `GET /v1/models`: what the key reaches and some upstream serves. */
export function listModels(house: House, arrival: RoadArrival): Reply {
  return answer(house, arrival, (cards, anthropic, query) =>
    anthropic ? modelInfoPage(cards, query) : modelList(filterCards(cards, query), { publicUrl: house.publicUrl }),
  );
}

/** `GET /v1/models/{id}`, by id or alias. */
export function showModel(house: House, arrival: RoadArrival): Reply {
  return answer(house, arrival, (cards, anthropic) => {
    const name = decode(arrival.path.replace(/^.*?\/models\//, ''));
    const found = resolveModel(house.catalog, name);
    if (found.kind === 'retired') throw modelNotFound(name, cards, found.successor);
    if (found.kind !== 'card' || !cards.includes(found.card)) throw modelNotFound(name, cards);
    return anthropic ? modelInfo(found.card) : modelObject(found.card, { publicUrl: house.publicUrl });
  });
}

function answer(
  house: House,
  arrival: RoadArrival,
  show: (cards: Card[], anthropic: boolean, query: URLSearchParams) => unknown,
): Reply {
  const { request } = arrival;
  const anthropic = request.headers.has('anthropic-version');
  const protocol = anthropic ? 'messages' : 'chat-completions';
  const requestId = newRequestId();
  try {
    const key = findKey(request.headers, house.money, Date.now());
    house.money.checkAddress(key, arrival.clientIp);
    const cards = house.served.filter((card) => house.money.mayUse(key, card.id));
    const mark = request.url.indexOf('?');
    const query = new URLSearchParams(mark < 0 ? '' : request.url.slice(mark));
    const body = JSON.stringify(show(cards, anthropic, query));
    const headers: AnswerHeaders = {
      'content-type': 'application/json',
      // It is this key's list: a shared cache that does not know of keys would give it to others.
      'cache-control': 'no-store',
      'x-request-id': requestId,
    };
    if (anthropic) headers['request-id'] = requestId;
    return new Reply(200, headers, body);
  } catch (thrown) {
    return plainError(asGatewayError(thrown), protocol, requestId);
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

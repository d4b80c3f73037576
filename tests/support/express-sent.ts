import { loadCatalog } from '../../src/models/catalog.ts';
import type { JsonObject } from '../../src/protocols/json.ts';
import type { Protocol } from '../../src/protocols/protocol.ts';
import { Notes } from '../../src/protocols/wire.ts';
import { expressBody } from '../../src/upstreams/express-request.ts';

const { byId } = loadCatalog();

/** What goes up for `body`, and what is listed as changed. `refuses`: beside what the card says. */
export function send(
  protocol: Protocol,
  body: JsonObject | string,
  { model = 'deepseek-v4-pro', maxOutput = 0, refuses = [] as string[] } = {},
) {
  const card = byId.get(model)!;
  const known = card.routes.find((candidate) => candidate.protocol === protocol)!;
  const route = { ...known, refuses: [...known.refuses, ...refuses] };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const notes = new Notes();
  const parsed = JSON.parse(text) as JsonObject;
  const sent = expressBody({
    protocol,
    text,
    body: parsed,
    card,
    route,
    model: route.model,
    // Nothing lowers it unless the test says so.
    maxOutput: maxOutput || Number(parsed.max_tokens ?? 1000),
    writeMaxOutput: maxOutput > 0,
    edits: [],
    notes,
  });
  return {
    text: sent,
    body: JSON.parse(sent) as JsonObject,
    changed: [...notes.changed],
    loggable: notes.loggable(),
    emulated: [...notes.emulated],
  };
}

export const chat = (body: JsonObject): JsonObject => ({ model: 'deepseek-v4-pro', ...body });
export const user = { role: 'user', content: 'hi' };
export const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }];
export const anthropicTools = [{ name: 'f', input_schema: { type: 'object' } }];
export const UUID = '91cf0000-554b-4136-8e21-fa0000000000';

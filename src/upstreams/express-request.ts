import { GatewayError } from '../errors/catalogue.ts';
import type { Card, Route } from '../models/card.ts';
import { asObject, asString, type JsonObject } from '../protocols/json.ts';
import type { TopLevel } from '../protocols/json-scan.ts';
import { type Edit, splice } from '../protocols/json-text.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { allowedEffort } from '../protocols/reasoning-effort.ts';
import type { RememberedTurn } from '../protocols/reasoning-memory.ts';
import type { Notes } from '../protocols/wire.ts';
import { type Cure, messagesOf, type RequestView } from './cure.ts';
import { leaveOutForeignReasoning } from './recall.ts';
import { cures, hasOtherMaker } from './vendors.ts';

interface ExpressRequest {
  protocol: Protocol;
  /** The client's body, valid JSON. */
  text: string;
  /** Of `text`, where it was scanned already. */
  top?: TopLevel | undefined;
  body: JsonObject;
  card: Card;
  route: Route;
  /** Model name at the upstream. */
  model: string;
  /** Output limit of the call. */
  maxOutput: number;
  /** False: the client's own limit stands and needs no edit. */
  writeMaxOutput: boolean;
  /** Edits that earlier steps decided (image markers and the like). */
  edits: readonly Edit[];
  /** What is remembered of the turns that `turnsToRecall` names. */
  remembered?: readonly (RememberedTurn | undefined)[] | undefined;
  notes: Notes;
}

/**
 * The body for an upstream of the client's own protocol: the client's text but for the model's name, what billing needs,
 * and the cures for what this upstream refuses, where the body has it.
 */
export function expressBody(request: ExpressRequest): string {
  const { body, route } = request;
  const edits = request.edits.slice();
  const view: RequestView = {
    body,
    messages: messagesOf(body),
    text: request.text,
    card: request.card,
    route,
    edits,
    notes: request.notes,
    maxOutput: request.maxOutput,
    remembered: request.remembered ?? NOTHING,
    isForeignSignature: foreignTo(route.vendor),
  };
  if (request.remembered !== undefined) leaveOutForeignReasoning(view);
  for (const cure of curesOf(route)) cure(view);
  fitEffort(view);
  if (body.model !== request.model) edits.push({ path: ['model'], set: JSON.stringify(request.model) });
  if (request.writeMaxOutput) limitOutput(request, edits);
  // Where they are refused as a whole, as at Mistral, they are left out by now.
  if (request.protocol === 'chat-completions' && !route.refuses.includes('stream_options')) {
    if (body.stream === true) wantUsage(body, edits);
    // Refused by some where nothing streams; it asks for nothing then.
    else if (body.stream_options !== undefined) edits.push({ path: ['stream_options'], remove: true });
  }
  return splice(request.text, edits, request.top);
}

const NOTHING: readonly undefined[] = [];

/** One for each vendor, not one for each request. */
function foreignTo(vendor: string): (signature: string) => boolean {
  let judge = judges.get(vendor);
  if (judge === undefined) {
    judge = (signature) => hasOtherMaker(signature, vendor);
    judges.set(vendor, judge);
  }
  return judge;
}

const judges = new Map<string, (signature: string) => boolean>();

/** Found once per route, not once per request: routes live as long as the catalog. */
function curesOf(route: Route): readonly Cure[] {
  let found = known.get(route);
  if (found === undefined) {
    found = route.refuses.map((name) => cures[name] ?? ((view) => leaveOut(view, name)));
    known.set(route, found);
  }
  return found;
}

const known = new WeakMap<Route, readonly Cure[]>();

/** A field without a cure of its own: what it asks of the answer cannot be had, anything else is dropped and listed. */
function leaveOut(view: RequestView, name: string): void {
  const value = view.body[name];
  if (value === undefined) return;
  if (name === 'n') {
    if (value === 1 || value === null) return;
    throw new GatewayError('unsupported_parameter', `${view.card.id} gives one answer per request: \`n\` must be 1.`, {
      param: 'n',
    });
  }
  view.edits.push({ path: [name], remove: true });
  if (value !== null) view.notes.changed.add(name);
}

/** A level of effort that the route refuses becomes the nearest one that it takes. */
function fitEffort(view: RequestView): void {
  const { refuses, protocol } = view.route;
  const messages = protocol === 'messages';
  const effort = asString(messages ? asObject(view.body.output_config)?.effort : view.body.reasoning_effort);
  if (effort === undefined) return;
  const path = messages ? ['output_config', 'effort'] : ['reasoning_effort'];
  const field = path.join('.');
  if (!refuses.includes(`${field}.${effort}`)) return;
  const fit = allowedEffort(effort, field, refuses);
  // What holds nothing else goes with it.
  const alone = messages && Object.keys(asObject(view.body.output_config)!).length === 1;
  if (fit === undefined) view.edits.push({ path: alone ? ['output_config'] : path, remove: true });
  else view.edits.push({ path, set: JSON.stringify(fit) });
  view.notes.changed.add(field);
}

/** Under the names that the client gave it, of which Chat Completions has two; else under the one that the route takes. */
function limitOutput({ protocol, body, route, maxOutput }: ExpressRequest, edits: Edit[]): void {
  const set = String(maxOutput);
  const newer = protocol === 'chat-completions' && body.max_completion_tokens !== undefined;
  const older = body.max_tokens !== undefined;
  const neither = !newer && !older;
  const newerFits = protocol === 'chat-completions' && route.refuses.includes('max-tokens-name');
  if (newer || (neither && newerFits)) edits.push({ path: ['max_completion_tokens'], set });
  if (older || (neither && !newerFits)) edits.push({ path: ['max_tokens'], set });
}

/** A stream reports its usage only when asked to. */
function wantUsage(body: JsonObject, edits: Edit[]): void {
  const options = asObject(body.stream_options);
  if (options === undefined) edits.push({ path: ['stream_options'], set: '{"include_usage":true}' });
  else if (options.include_usage !== true) edits.push({ path: ['stream_options', 'include_usage'], set: 'true' });
}

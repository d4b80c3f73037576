import { GatewayError } from '../errors/catalogue.ts';
import { requireModel } from '../models/lookup.ts';
import { refuseAccountFields } from '../protocols/account-fields.ts';
import { checkChatRequest } from '../protocols/chat-completions/check-request.ts';
import { refuse } from '../protocols/field-checks.ts';
import { asObject, type JsonObject } from '../protocols/json.ts';
import { checkMessagesRequest } from '../protocols/messages/check-request.ts';
import type { Call } from './call.ts';

/** Sets the card of the call's model. Throws `model_not_found`, `model_retired`, and `model_not_in_group` where the key may not have it. */
export function findCard(call: Call): void {
  const { house, key } = call;
  call.card = requireModel(house.catalog, call.model, house.served).card;
  if (house.money.mayUse(key!, call.card.id)) return;
  throw new GatewayError(
    'model_not_in_group',
    `This API key does not reach the model \`${call.card.id}\`. GET /v1/models lists what it reaches.`,
    { param: 'model' },
  );
}

/** The name that the body asks for. Throws `invalid_param`. */
export function modelIn({ model }: JsonObject): string {
  if (model === undefined) refuse('model', 'is missing: send a model id, see GET /v1/models');
  if (typeof model !== 'string' || model === '') refuse('model', 'must be a string: a model id, see GET /v1/models');
  return model;
}

/**
 * Which model, on which upstream, on which lane. Throws `invalid_param`, `model_not_found`, `model_retired`,
 * `model_not_in_group`, `no_available_upstream`, `unsupported_parameter`.
 */
export function resolveModel(call: Call): void {
  const { body, protocol } = call;
  call.model = modelIn(body);
  if (protocol === 'messages') checkMessagesRequest(body);
  else checkChatRequest(body);
  findCard(call);
  const choice = chooseUpstream(call);
  if (choice === undefined) {
    throw new GatewayError(
      'no_available_upstream',
      `No upstream is configured for \`${call.card.id}\`. The operator can add one; GET /v1/models lists what is served.`,
    );
  }
  call.choice = choice;
  call.lane = choice.route.protocol === protocol ? 'express' : 'translated';
  call.stream = body.stream === true;
  refuseAccountFields(body, choice.route.allows);
}

/**
 * The client's own protocol first; except that an answer by JSON schema, asked for on Messages at an upstream whose Messages
 * surface has none, goes over its Chat surface, where it can be had or emulated.
 */
function chooseUpstream(call: Call) {
  const { registry } = call.house;
  const choice = registry.choose(call.card, call.protocol);
  if (choice?.route.protocol === 'messages' && call.protocol === 'messages') {
    const format = asObject(call.body.output_config)?.format ?? call.body.output_format ?? undefined;
    const wantsSchema = format !== undefined;
    if (wantsSchema && choice.route.refuses.includes('output-format')) {
      return registry.chooseExactly(call.card, 'chat-completions') ?? choice;
    }
  }
  return choice;
}

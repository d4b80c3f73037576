import { GatewayError } from '../../errors/catalogue.ts';

/**
 * The answer to a conversation that ends with an assistant message, at a model that cannot go on from there. It is refused,
 * not dropped: without that message the client would join its beginning to an answer that has another one, and a message
 * that an agent put there as an instruction would be lost. Begins in Anthropic's own words: agents look for them.
 */
export const noPrefill = (model: string, param: string): GatewayError =>
  new GatewayError(
    'unsupported_feature',
    `This model does not support assistant message prefill. The conversation must end with a user message: send one after the assistant's, or use a model other than ${model} to have an answer continued.`,
    { param },
  );

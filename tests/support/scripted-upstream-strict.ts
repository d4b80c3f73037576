import { readChatRequest } from '../../src/simulator/chat-request.ts';
import { readMessagesRequest } from '../../src/simulator/messages-request.ts';
import { Refusal } from '../../src/simulator/refusal.ts';
import { jsonAnswer, type Responder } from './scripted-upstream.ts';

export { signThinking, strictAnthropic } from './scripted-upstream-anthropic.ts';
export { strictOpenAI } from './scripted-upstream-openai.ts';

/**
 * For `upstream.refuse(…)`: refuses what DeepSeek refuses, on both of its surfaces, by the simulator's own checks.
 *
 *     upstream.refuse(strictDeepSeek());
 */
export function strictDeepSeek(): Responder {
  return (request) => {
    try {
      if (/\/chat\/completions(\?|$)/.test(request.path)) readChatRequest(request.text());
      else if (/\/messages(\?|$)/.test(request.path)) readMessagesRequest(request.text());
      return undefined;
    } catch (error) {
      if (error instanceof Refusal) return jsonAnswer(JSON.parse(error.body()), error.status);
      throw error;
    }
  };
}

import { listModels, showBalance } from './account-pages.ts';
import { Answering } from './answering.ts';
import { Refusal } from './refusal.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';

export function createSimulator(options: SimulatorOptions): Simulator {
  const answering = new Answering(options);
  const routes: Record<string, (request: Request, encoded: boolean) => Promise<Response>> = {};
  for (const path of ['/chat/completions', '/v1/chat/completions', '/beta/chat/completions']) {
    routes[`POST ${path}`] = (request, encoded) => answering.answer('chat-completions', request, encoded);
  }
  for (const path of ['/anthropic/v1/messages', '/anthropic/messages', '/v1/messages']) {
    routes[`POST ${path}`] = (request, encoded) => answering.answer('messages', request, encoded);
  }
  routes['GET /models'] = routes['GET /v1/models'] = async () => listModels(options.models);
  routes['GET /user/balance'] = async () => showBalance();

  const handle = async (request: Request, encoded: boolean): Promise<Response> => {
    const route = routes[`${request.method} ${new URL(request.url, 'http://simulator').pathname}`];
    try {
      if (route === undefined) throw new Refusal('There is nothing at this address', 404);
      return await route(request, encoded);
    } catch (error) {
      if (error instanceof Refusal) return error.response();
      throw error;
    }
  };
  return {
    handle: (request) => handle(request, true),
    transport: (request, init) => handle(new Request(request as Request, init), false),
  };
}

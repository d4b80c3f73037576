import { deepseekModels } from './model-names.ts';

/** `GET /models`, in the form of 2026-09. */
export function listModels(models: readonly string[] = deepseekModels): Response {
  return Response.json({ object: 'list', data: models.map((id) => ({ id, object: 'model', owned_by: 'deepseek' })) });
}

/** `GET /user/balance`: amounts are strings. */
export function showBalance(): Response {
  return Response.json({
    is_available: true,
    balance_infos: [{ currency: 'USD', total_balance: '100.00', granted_balance: '0.00', topped_up_balance: '100.00' }],
  });
}

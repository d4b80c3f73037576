import type { Protocol } from '../protocols/protocol.ts';

/** What DeepSeek itself lists. Source: its `/models`, live on 2026-09-21. */
export const deepseekModels = ['deepseek-flash', 'deepseek-v4-pro'];

/**
 * The name that an answer carries. `known` undefined: any model is answered under the name asked for. Else aliases lead
 * to known names, those of Claude on the Messages surface alone, and undefined is a model that does not exist.
 */
export function resolveModel(
  name: string,
  surface: Protocol,
  known: readonly string[] | undefined,
): string | undefined {
  if (known === undefined || known.includes(name)) return name;
  const target = aliasOf(name, surface);
  return target !== undefined && known.includes(target) ? target : undefined;
}

/** Source: DeepSeek docs 2026-09 and its notes on the Messages surface. */
function aliasOf(name: string, surface: Protocol): string | undefined {
  if (name === 'deepseek-v4-flash' || name === 'deepseek-v4-flash-vision-exp') return 'deepseek-flash';
  if (surface === 'messages' && name.startsWith('claude')) {
    return name.startsWith('claude-opus') ? 'deepseek-v4-pro' : 'deepseek-flash';
  }
  return undefined;
}

import { type CodeBlock, code, type Tab } from '../structure/document.ts';
import { type ExampleTarget, KEY_VARIABLE } from './quickstart-code.ts';

/** Settings of coding agents for one model, as they were run against this gateway. */
export function agentTabs(target: ExampleTarget): Tab[] {
  return [
    { label: 'Claude Code', code: claudeCode(target) },
    { label: 'opencode', code: opencode(target) },
  ];
}

/** The small model names titles and summaries; left alone it would ask for one that may not be served here. */
export function claudeCode({ publicUrl, model }: ExampleTarget): CodeBlock {
  return code(
    'sh',
    `export ANTHROPIC_BASE_URL=${publicUrl}
export ANTHROPIC_AUTH_TOKEN=$${KEY_VARIABLE}
export ANTHROPIC_MODEL=${model}
export ANTHROPIC_SMALL_FAST_MODEL=${model}
claude`,
  );
}

export function opencode({ publicUrl, model }: ExampleTarget): CodeBlock {
  const settings = {
    $schema: 'https://opencode.ai/config.json',
    provider: {
      bytespike: {
        npm: '@ai-sdk/openai-compatible',
        name: 'ByteSpike',
        options: { baseURL: `${publicUrl}/v1`, apiKey: `{env:${KEY_VARIABLE}}` },
        models: { [model]: {} },
      },
    },
    model: `bytespike/${model}`,
  };
  return code('json', JSON.stringify(settings, null, 2), 'opencode.json');
}

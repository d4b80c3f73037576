import { KEY_VARIABLE } from './snippet-request.ts';

/** Settings of a coding agent for one model, as they are pasted into a shell or a file. */
export interface AgentSettings {
  agent: string;
  language: 'sh' | 'json' | 'text';
  code: string;
  /** Page of the guide below /docs/clients/. */
  guide: string;
}

/** The agents that were driven through the gateway, in the order of their tabs. */
export function agentSettings(baseUrl: string, model: string): AgentSettings[] {
  return [
    { agent: 'Claude Code', language: 'sh', code: claudeCode(baseUrl, model), guide: 'claude-code' },
    { agent: 'opencode', language: 'sh', code: opencode(baseUrl, model), guide: 'opencode' },
    { agent: 'Cline', language: 'sh', code: cline(baseUrl, model), guide: 'cline' },
    { agent: 'Cursor', language: 'text', code: cursor(baseUrl, model), guide: 'cursor' },
  ];
}

/** Claude Code appends `/v1/messages` itself. The small model does its titles and summaries. */
function claudeCode(baseUrl: string, model: string): string {
  return [
    `export ANTHROPIC_BASE_URL=${baseUrl}`,
    `export ANTHROPIC_AUTH_TOKEN=$${KEY_VARIABLE}`,
    `export ANTHROPIC_MODEL=${model}`,
    `export ANTHROPIC_SMALL_FAST_MODEL=${model}`,
    'claude',
  ].join('\n');
}

/** Written into the folder of a project. */
function opencode(baseUrl: string, model: string): string {
  const settings = JSON.stringify(opencodeSettings(baseUrl, model), undefined, 2);
  return ["cat > opencode.json <<'END'", settings, 'END', 'opencode'].join('\n');
}

/** `opencode.json`: `{env:…}` is opencode's way to read a variable, so no secret stands in the file. */
export function opencodeSettings(baseUrl: string, model: string) {
  return {
    $schema: 'https://opencode.ai/config.json',
    provider: {
      bytespike: {
        npm: '@ai-sdk/openai-compatible',
        name: 'ByteSpike',
        options: { baseURL: `${baseUrl}/v1`, apiKey: `{env:${KEY_VARIABLE}}` },
        models: { [model]: { name: model } },
      },
    },
    model: `bytespike/${model}`,
  };
}

function cline(baseUrl: string, model: string): string {
  return [`cline auth -p openai -k "$${KEY_VARIABLE}" -m ${model} -b ${baseUrl}/v1`, 'cline -P openai'].join('\n');
}

function cursor(baseUrl: string, model: string): string {
  return [
    'Cursor Settings > Models',
    `  Add model                 ${model}`,
    `  OpenAI API key            the value of ${KEY_VARIABLE}`,
    `  Override OpenAI base URL  ${baseUrl}/v1`,
    '  Verify',
  ].join('\n');
}

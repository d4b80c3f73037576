import type { Protocol } from '../../../protocols/protocol.ts';
import { type AgentSettings, agentSettings } from '../../snippets/agent-settings.ts';
import { curlSnippet } from '../../snippets/curl.ts';
import { pythonSnippet } from '../../snippets/python.ts';
import { greeting, type SnippetRequest } from '../../snippets/snippet-request.ts';
import { typescriptSnippet } from '../../snippets/typescript.ts';
import { type CodeBlock, code, type Tab } from '../structure/document.ts';

/** Examples that run as they are pasted, with the key in `$BYTESPIKE_API_KEY`, against this very installation. */
interface ExampleTarget {
  /** Without trailing slash. */
  publicUrl: string;
  model: string;
}

export { KEY_VARIABLE } from '../../snippets/snippet-request.ts';

export const chatTabs = (target: ExampleTarget): Tab[] => languageTabs(request(target, 'chat-completions'));
export const messagesTabs = (target: ExampleTarget): Tab[] => languageTabs(request(target, 'messages'));

/** A greeting; `fields` go into the body ahead of the messages. */
export const chatCurl = (target: ExampleTarget, fields: Record<string, unknown> = {}): CodeBlock =>
  code('sh', curlSnippet(request(target, 'chat-completions', fields)));
export const messagesCurl = (target: ExampleTarget, fields: Record<string, unknown> = {}): CodeBlock =>
  code('sh', curlSnippet(request(target, 'messages', fields)));

/** Settings of coding agents for one model, each as it is pasted. */
export function agentTabs({ publicUrl, model }: ExampleTarget): Tab[] {
  return agentSettings(publicUrl, model).map((settings) => ({ label: settings.agent, code: agentCode(settings) }));
}

export const agentCode = ({ language, code: text }: AgentSettings): CodeBlock => code(language, text);

function request(
  { publicUrl, model }: ExampleTarget,
  protocol: Protocol,
  fields: Record<string, unknown> = {},
): SnippetRequest {
  const { body, ...rest } = greeting(publicUrl, protocol, model);
  const { messages, ...head } = body;
  return { ...rest, body: { ...head, ...fields, messages } };
}

function languageTabs(wanted: SnippetRequest): Tab[] {
  return [
    { label: 'cURL', code: code('sh', curlSnippet(wanted)) },
    { label: 'Python', code: code('python', pythonSnippet(wanted)) },
    { label: 'TypeScript', code: code('typescript', typescriptSnippet(wanted)) },
  ];
}

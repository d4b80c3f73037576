import { asObject, parseJson } from '../../../../protocols/json.ts';
import { type Answer, sendable, type Turn } from './conversation.ts';
import { formatFor, readTools, type Settings, type Tool } from './settings.ts';

type Body = Record<string, unknown>;

/** The request that carries a conversation on under these settings. They have no problems (see `problemsOf`). */
export function requestBody(settings: Settings, turns: readonly Turn[]): Body {
  const said = sendable(turns);
  return settings.protocol === 'messages' ? messagesBody(settings, said) : chatBody(settings, said);
}

function chatBody(settings: Settings, turns: readonly Turn[]): Body {
  const { model, system, reasoning, stream } = settings;
  const tools = toolsOf(settings);
  const messages = turns.flatMap(chatMessages);
  return {
    model,
    messages: system.trim() === '' ? messages : [{ role: 'system', content: system }, ...messages],
    ...limits(settings),
    ...(reasoning === 'default' ? {} : { reasoning_effort: reasoning === 'off' ? 'none' : reasoning }),
    ...chatFormat(settings),
    ...(tools === undefined ? {} : { tools: tools.map((tool) => ({ type: 'function', function: { ...tool } })) }),
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
  };
}

function chatMessages(turn: Turn): Body[] {
  if (turn.role === 'user') return [{ role: 'user', content: turn.text }];
  if (turn.role === 'tool') {
    return turn.results.map(({ callId, text }) => ({ role: 'tool', tool_call_id: callId, content: text }));
  }
  const calls = turn.parts.filter((part) => part.kind === 'call');
  const text = textOf(turn, 'text');
  const reasoning = textOf(turn, 'reasoning');
  return [
    {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map(({ id, name, input }) => ({
              id,
              type: 'function',
              function: { name, arguments: input },
            })),
          }),
    },
  ];
}

function chatFormat({ protocol, format, schema }: Settings): Body {
  switch (formatFor({ protocol, format })) {
    case 'object':
      return { response_format: { type: 'json_object' } };
    case 'schema':
      return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: parseJson(schema) } } };
    default:
      return {};
  }
}

function messagesBody(settings: Settings, turns: readonly Turn[]): Body {
  const { model, system, reasoning, stream, schema } = settings;
  const tools = toolsOf(settings);
  const output: Body = {
    ...(reasoning === 'default' || reasoning === 'off' ? {} : { effort: reasoning }),
    ...(formatFor(settings) === 'schema' ? { format: { type: 'json_schema', schema: parseJson(schema) } } : {}),
  };
  return {
    model,
    ...limits(settings),
    ...(system.trim() === '' ? {} : { system }),
    messages: turns.flatMap(messagesTurn),
    ...(reasoning === 'default' ? {} : { thinking: { type: reasoning === 'off' ? 'disabled' : 'adaptive' } }),
    ...(Object.keys(output).length === 0 ? {} : { output_config: output }),
    ...(tools === undefined
      ? {}
      : { tools: tools.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })) }),
    ...(stream ? { stream: true } : {}),
  };
}

function messagesTurn(turn: Turn): Body[] {
  if (turn.role === 'user') return [{ role: 'user', content: turn.text }];
  if (turn.role === 'tool') {
    const content = turn.results.map(({ callId, text }) => ({
      type: 'tool_result',
      tool_use_id: callId,
      content: text,
    }));
    return [{ role: 'user', content }];
  }
  const content = turn.parts.flatMap((part): Body[] => {
    if (part.kind === 'text') return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
    if (part.kind === 'call') {
      return [{ type: 'tool_use', id: part.id, name: part.name, input: asObject(parseJson(part.input)) ?? {} }];
    }
    // Without its signature, as on the other protocol, nobody takes it back.
    if (part.signature === undefined) return [];
    return [{ type: 'thinking', thinking: part.text, signature: part.signature }];
  });
  return [{ role: 'assistant', content }];
}

function limits({ maxTokens, temperature }: Settings): Body {
  return {
    ...(maxTokens.trim() === '' ? {} : { max_tokens: Number(maxTokens) }),
    ...(temperature.trim() === '' ? {} : { temperature: Number(temperature) }),
  };
}

function toolsOf({ useTools, tools }: Settings): Tool[] | undefined {
  const read = useTools ? readTools(tools) : [];
  return typeof read === 'string' || read.length === 0 ? undefined : read;
}

function textOf(answer: Answer, kind: 'text' | 'reasoning'): string {
  return answer.parts.map((part) => (part.kind === kind ? part.text : '')).join('');
}

import type { WireProtocol } from './rig/frames.ts';

/** Requests as clients send them, by protocol. Sizes are those of the whole body in bytes, about. */

/** One user turn of text. */
export function plainRequest(protocol: WireProtocol, model: string, bytes: number, stream: boolean): string {
  const user = { role: 'user', content: prose(Math.max(1, bytes - 220)) };
  if (protocol === 'messages') {
    return JSON.stringify({ model, max_tokens: 1024, stream, system: 'You are terse.', messages: [user] });
  }
  return JSON.stringify({
    model,
    max_tokens: 1024,
    stream,
    messages: [{ role: 'system', content: 'You are terse.' }, user],
  });
}

/** A conversation of turns of a kilobyte each, not streamed. */
export function historyRequest(protocol: WireProtocol, model: string, bytes: number): string {
  const turn = prose(950);
  const messages: object[] = [];
  for (let left = bytes - 250; left > 0; left -= 1000) {
    messages.push({
      role: messages.length % 2 === 0 ? 'user' : 'assistant',
      content: turn.slice(0, Math.max(1, left)),
    });
  }
  if (messages.length % 2 === 0) messages.push({ role: 'user', content: 'And then?' });
  const system = 'You are terse.';
  return protocol === 'messages'
    ? JSON.stringify({ model, max_tokens: 1024, stream: false, system, messages })
    : JSON.stringify({
        model,
        max_tokens: 1024,
        stream: false,
        messages: [{ role: 'system', content: system }, ...messages],
      });
}

/** A turn in the middle of a coding agent's session: 40 tools, and a history of calls with their results. */
export function agentRequest(protocol: WireProtocol, model: string, bytes: number, stream: boolean): string {
  const shape = protocol === 'messages' ? messagesAgent : chatAgent;
  const toolBytes = JSON.stringify(shape(model, stream, 0, 0)).length;
  const turns = 20;
  const perTurn = Math.floor((bytes - toolBytes) / turns) - (protocol === 'messages' ? 330 : 300);
  return JSON.stringify(shape(model, stream, turns, Math.max(50, perTurn)));
}

function messagesAgent(model: string, stream: boolean, turns: number, resultBytes: number) {
  const messages: object[] = [{ role: 'user', content: 'Find out why the build fails and mend it.' }];
  for (let i = 0; i < turns; i++) {
    const id = `toolu_${String(i).padStart(20, '0')}`;
    messages.push(
      {
        role: 'assistant',
        content: [
          {
            type: 'thinking',
            thinking: `Step ${i}: look at the next file.`,
            signature: 'cac7192e-e619-40c6-96b0-ed4276bc03ac',
          },
          { type: 'tool_use', id, name: 'tool_3', input: { path: `src/part-${i}.ts`, limit: 200 } },
        ],
      },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: code(resultBytes) }] },
    );
  }
  return {
    model,
    max_tokens: 4096,
    stream,
    system: [{ type: 'text', text: `You are a coding agent. ${prose(8000)}` }],
    tools: tools().map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
    messages,
  };
}

function chatAgent(model: string, stream: boolean, turns: number, resultBytes: number) {
  const messages: object[] = [
    { role: 'system', content: `You are a coding agent. ${prose(8000)}` },
    { role: 'user', content: 'Find out why the build fails and mend it.' },
  ];
  for (let i = 0; i < turns; i++) {
    const id = `call_${String(i).padStart(20, '0')}`;
    const args = JSON.stringify({ path: `src/part-${i}.ts`, limit: 200 });
    messages.push(
      {
        role: 'assistant',
        content: '',
        reasoning_content: `Step ${i}: look at the next file.`,
        tool_calls: [{ id, type: 'function', function: { name: 'tool_3', arguments: args } }],
      },
      { role: 'tool', tool_call_id: id, content: code(resultBytes) },
    );
  }
  return {
    model,
    max_tokens: 4096,
    stream,
    tools: tools().map(({ name, description, schema }) => ({
      type: 'function',
      function: { name, description, parameters: schema },
    })),
    messages,
  };
}

function tools() {
  return Array.from({ length: 40 }, (_, i) => ({
    name: `tool_${i}`,
    description: `Does thing number ${i} in the working folder. ${prose(400)}`,
    schema: {
      type: 'object',
      properties: {
        path: { type: 'string', description: 'Path of the file, relative to the working folder' },
        limit: { type: 'integer', minimum: 1, maximum: 2000, description: 'Most lines to return' },
        pattern: { type: 'string', description: 'A regular expression that lines must match' },
        mode: { type: 'string', enum: ['read', 'write', 'append'] },
      },
      required: ['path'],
      additionalProperties: false,
    },
  }));
}

/** Words of no fixed order: repeated sentences would flatter every cache between here and the answer. */
function prose(bytes: number): string {
  return filled(bytes, (next) => `${WORDS[next(WORDS.length)]} `);
}

/** With newlines, quotes and digits: its JSON has escapes, as source code in a tool result does. */
function code(bytes: number): string {
  const word = (next: (below: number) => number): string => WORDS[next(WORDS.length)]!;
  return filled(
    bytes,
    (next) => `  const ${word(next)}${next(1000)} = ${word(next)}.find((row) => row.id === "${word(next)}");\n`,
  );
}

/** The same text for the same length, whenever it is asked for. */
function filled(bytes: number, piece: (next: (below: number) => number) => string): string {
  let state = 12_345;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const pieces: string[] = [];
  for (let length = 0; length < bytes; ) {
    const text = piece(next);
    pieces.push(text);
    length += text.length;
  }
  return pieces.join('').slice(0, bytes);
}

const WORDS = (
  'the gateway takes request looks at what it must know and hands rest on as came upstream answer frame delta stream ' +
  'token price window limit key wallet ledger charge reserve settle release route model card vendor protocol message ' +
  'content block tool call result schema property string number array object index start stop error status header body ' +
  'client server socket buffer chunk parse encode decode splice scan cursor offset length bytes text reasoning signature ' +
  'retry timeout deadline abort signal queue batch commit write read open close file folder path line column build test'
).split(' ');

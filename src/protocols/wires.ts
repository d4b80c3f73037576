import { chatCompletions } from './chat-completions/wire.ts';
import { messages } from './messages/wire.ts';
import type { Protocol } from './protocol.ts';
import type { WireProtocol } from './wire.ts';

/** Every protocol that is spoken here. A new one is a folder and a line. */
export const wires: Record<Protocol, WireProtocol> = { 'chat-completions': chatCompletions, messages };

/** The wire protocols spoken here, towards clients and towards upstreams alike. */
export type Protocol = 'chat-completions' | 'messages';

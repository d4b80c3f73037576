import type { TSchema } from '@sinclair/typebox';
import type { ErrorCode } from '../../errors/catalogue.ts';

/** One method of one path, before it is written down as OpenAPI (openapi-document.ts). */
export interface Operation {
  method: 'get' | 'head' | 'post' | 'put' | 'delete';
  /** `/api/v1/keys/{id}`. */
  path: string;
  /** Unique, in camel case: generators name functions after it. */
  id: string;
  tag: Tag;
  summary: string;
  description?: string;
  /** Who may ask. `socket`: only the command line on the machine itself; others get 403. */
  access: 'none' | 'key' | 'admin' | 'socket';
  query?: Record<string, TSchema>;
  requestHeaders?: Record<string, TSchema>;
  body?: { schema: TSchema; required: boolean };
  answers: Answer[];
  /** `headers`: what they carry besides those of every error. */
  errors: { shape: ErrorShape; codes: readonly ErrorCode[]; headers?: readonly string[] };
  deprecated?: boolean;
}

export interface Answer {
  status: number;
  description: string;
  /** Media type → schema; empty: no body. */
  content: Record<string, TSchema>;
  headers?: readonly string[];
}

/** Whose form errors take: Chat Completions is also that of our own routes. `either`: as the request's headers ask. */
export type ErrorShape = 'chat-completions' | 'messages' | 'either';

export const tags = {
  Inference: 'Models answer here. Each route takes every model.',
  Models: 'What there is, and what it costs.',
  Keys: 'API keys and their limits.',
  Groups: 'Which models a key reaches, and at what multiple of their price.',
  Wallet: 'The money that all keys spend.',
  Usage: 'What was used and billed.',
  Account: 'What a key may know of itself.',
  Administration: 'Admin tokens, audit, maintenance.',
  Service: 'Health, metrics, documentation.',
} as const;

export type Tag = keyof typeof tags;

/** An answer with one JSON body. */
export const json = (schema: TSchema, description: string, status = 200): Answer => ({
  status,
  description,
  content: { 'application/json': schema },
});

/** A route of the management API as its table has it. */
export interface ManagementRoute {
  method: string;
  path: string;
  access: 'key' | 'admin' | 'socket';
  body?: TSchema;
}

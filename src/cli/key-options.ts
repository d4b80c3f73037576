import { type OptionValues, wholeNumber } from './arguments.ts';
import { UsageError } from './command.ts';
import type { Io } from './io.ts';

/** Everything of a key that an administrator decides. An option is a field of the management API, with dashes. */
export const keyOptions = {
  name: 'value',
  'group-id': 'value',
  quota: 'value',
  'rate-limit-5h': 'value',
  'rate-limit-1d': 'value',
  'rate-limit-7d': 'value',
  rpm: 'value',
  tpm: 'value',
  concurrency: 'value',
  'ip-whitelist': 'list',
  'ip-blacklist': 'list',
  models: 'list',
  'expires-in-days': 'value',
  'on-limit': 'value',
  'custom-key': 'value',
  status: 'value',
  json: 'flag',
} as const;

/** Amounts are not among them: they go as text, for a JSON number would pass through a float. */
const counts: string[] = ['rpm', 'tpm', 'concurrency', 'expires-in-days'] satisfies (keyof typeof keyOptions)[];

/** Words that lift a restriction: lists of the management API are empty then. */
const lifted: Record<string, string> = { models: 'all', 'ip-whitelist': 'none', 'ip-blacklist': 'none' } satisfies {
  [Name in keyof typeof keyOptions as (typeof keyOptions)[Name] extends 'list' ? Name : never]: string;
};

/** The options that were given, as a body of the management API. */
export async function keyBody(options: OptionValues<typeof keyOptions>, io: Io): Promise<Record<string, unknown>> {
  const { json: _json, 'custom-key': custom, ...fields } = options;
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const given = counts.includes(name) ? wholeNumber(name, String(value)) : value;
    body[name.replaceAll('-', '_')] = Array.isArray(value) && value.join() === lifted[name] ? [] : given;
  }
  const secret = await customSecret(custom, io);
  return secret === undefined ? body : { ...body, custom_key: secret };
}

/** `-` reads it from stdin: on the command line a secret is seen by everybody who lists processes. */
export async function customSecret(option: string | undefined, io: Io): Promise<string | undefined> {
  if (option !== '-') return option;
  const secret = (await io.readStdin()).trim();
  if (secret === '') throw new UsageError('there is no secret on stdin');
  return secret;
}

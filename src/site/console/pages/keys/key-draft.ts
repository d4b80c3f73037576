import type { KeyRow } from '../../api/rows.ts';

/** A key's settings as they stand in the form. Texts are as typed; an empty amount or count is unlimited. */
export interface KeyDraft {
  name: string;
  group_id: string;
  quota: string;
  rate_limit_5h: string;
  rate_limit_1d: string;
  rate_limit_7d: string;
  rpm: string;
  tpm: string;
  concurrency: string;
  /** Addresses and ranges, one a line. */
  ip_whitelist: string;
  ip_blacklist: string;
  /** None: all that the group reaches. */
  models: string[];
  expiry: Expiry;
  /** Days; read when `expiry` is `days`. */
  expires_in_days: string;
  custom_key: string;
  on_limit: 'shrink' | 'refuse';
}

/** `keep`: as it is, of a key that exists. */
export type Expiry = 'keep' | 'never' | 'days';

export type DraftProblems = Partial<Record<keyof KeyDraft, string>>;

const AMOUNTS = ['quota', 'rate_limit_5h', 'rate_limit_1d', 'rate_limit_7d'] as const;
const COUNTS = ['rpm', 'tpm', 'concurrency'] as const;
const LISTS = ['ip_whitelist', 'ip_blacklist'] as const;

export function newDraft(): KeyDraft {
  return {
    name: '',
    group_id: 'default',
    quota: '',
    rate_limit_5h: '',
    rate_limit_1d: '',
    rate_limit_7d: '',
    rpm: '',
    tpm: '',
    concurrency: '',
    ip_whitelist: '',
    ip_blacklist: '',
    models: [],
    expiry: 'never',
    expires_in_days: '90',
    custom_key: '',
    on_limit: 'shrink',
  };
}

export function draftOf(key: KeyRow): KeyDraft {
  const amount = (value: string): string => (Number(value) === 0 ? '' : value);
  const whole = (value: number): string => (value === 0 ? '' : String(value));
  return {
    ...newDraft(),
    name: key.name,
    group_id: key.group_id,
    quota: amount(key.quota),
    rate_limit_5h: amount(key.rate_limit_5h),
    rate_limit_1d: amount(key.rate_limit_1d),
    rate_limit_7d: amount(key.rate_limit_7d),
    rpm: whole(key.rpm),
    tpm: whole(key.tpm),
    concurrency: whole(key.concurrency),
    ip_whitelist: key.ip_whitelist.join('\n'),
    ip_blacklist: key.ip_blacklist.join('\n'),
    models: key.models,
    expiry: 'keep',
    on_limit: key.on_limit,
  };
}

/** What can be seen to be wrong before it is sent; the gateway judges the rest. */
export function problemsOf(draft: KeyDraft): DraftProblems {
  const problems: DraftProblems = {};
  if (draft.name.trim() === '') problems.name = 'A key needs a name.';
  for (const name of AMOUNTS) {
    if (!/^\s*(\d{1,12}(\.\d{0,9})?|\.\d{1,9})?\s*$/.test(draft[name])) problems[name] = 'USD, such as 12.50.';
  }
  for (const name of COUNTS) {
    if (!/^\s*\d{0,12}\s*$/.test(draft[name])) problems[name] = 'A whole number.';
  }
  if (draft.expiry === 'days' && !(Number(draft.expires_in_days) > 0 && Number(draft.expires_in_days) <= 36_500)) {
    problems.expires_in_days = 'A number of days above 0, at most 36500.';
  }
  const secret = draft.custom_key.trim();
  if (secret !== '' && !/^[!-~]{16,256}$/.test(secret)) {
    problems.custom_key = '16 to 256 visible characters without spaces.';
  }
  return problems;
}

/** The body that makes a key of it, as the management API takes it. */
export function createBody(draft: KeyDraft): Record<string, unknown> {
  const body = settingsOf(draft);
  const secret = draft.custom_key.trim();
  return secret === '' ? body : { ...body, custom_key: secret };
}

/** The fields in which a draft differs from what the key had: others may have been changed by somebody else meanwhile. */
export function changesBody(before: KeyDraft, after: KeyDraft): Record<string, unknown> {
  const old = settingsOf(before);
  const changed = Object.entries(settingsOf(after)).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(old[name]),
  );
  return Object.fromEntries(changed);
}

function settingsOf(draft: KeyDraft): Record<string, unknown> {
  const body: Record<string, unknown> = {
    name: draft.name.trim(),
    group_id: draft.group_id,
    models: draft.models,
    on_limit: draft.on_limit,
  };
  for (const name of AMOUNTS) body[name] = draft[name].trim().replace(/^\./, '0.').replace(/\.$/, '') || '0';
  for (const name of COUNTS) body[name] = Number(draft[name].trim() || 0);
  for (const name of LISTS) body[name] = rulesOf(draft[name]);
  if (draft.expiry === 'never') body.expires_in_days = 0;
  if (draft.expiry === 'days') body.expires_in_days = Number(draft.expires_in_days);
  return body;
}

const rulesOf = (text: string): string[] => text.split(/[\s,]+/).filter((rule) => rule !== '');

/** The field that an error of the gateway is about: `ip_whitelist[1]` is that of the list. */
export function fieldOf(param: string | undefined, draft: KeyDraft): keyof KeyDraft | undefined {
  const name = param?.replace(/[[.].*$/, '');
  return name !== undefined && name in draft ? (name as keyof KeyDraft) : undefined;
}

/** What an error of the gateway says of the draft that was sent: where it names a rule by its index, its line and the rule. */
export function problemText(message: string, param: string, draft: KeyDraft): string {
  const [, field, index] = /^(\w+)\[(\d+)\]$/.exec(param) ?? [];
  const list = LISTS.find((name) => name === field);
  if (list === undefined) return message;
  const lines = draft[list].split('\n').flatMap((line, at) => rulesOf(line).map((rule) => `line ${at + 1}: ${rule}`));
  return message.replace(param, () => lines[Number(index)] ?? param);
}

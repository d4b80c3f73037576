/** Longest text of an upstream's that a client gets, and that is looked through for what it must not. */
const MAX_WORDS = 2000;
const MAX_LOOKED_THROUGH = 4 * MAX_WORDS;

/** Where a stack begins: as Python, JavaScript, Java, .NET and Go print it. */
const STACK = new RegExp(
  [
    'Traceback \\(most recent call last\\)',
    '^[ \\t]*File "[^"\\n]*", line \\d',
    '^[ \\t]*at .*:\\d+:\\d+\\)?$',
    '^[ \\t]*at [\\w$.<>/]+\\([^()\\n]*\\)$',
    '^[ \\t]*at .*:line \\d+$',
    '^goroutine \\d+ \\[',
  ].join('|'),
  'm',
);

/**
 * Paths of a server's disk: below a folder that only a disk has at its root, to a source file, or of Windows. Not those of
 * URLs, JSON pointers and media types, which a refusal is often about.
 */
const PATHS = new RegExp(
  [
    '(?<![\\w:/.@+#$-])/(?:bin|etc|home|mnt|opt|proc|root|srv|tmp|usr|var)(?:/[\\w.@+-]+)+(?::\\d+)*',
    '(?<![\\w:/.@+#$-])(?:/[\\w.@+-]+)+\\.(?:py|js|mjs|cjs|ts|go|rs|rb|java|php|c|cc|cpp|so)\\b(?::\\d+)*',
    '\\b[A-Za-z]:(?:\\\\[\\w.@+-]+){2,}',
  ].join('|'),
  'g',
);

/**
 * Words of an upstream's as a client may read them: up to where a stack begins, without paths of its disk, our credential and
 * ids of our account. Undefined where nothing is left.
 */
export function tellable(told: string | undefined, credential: string | undefined): string | undefined {
  if (told === undefined) return undefined;
  // Upstreams quote requests: however long and odd the text is, nobody else is to wait for it.
  const text = told.slice(0, MAX_LOOKED_THROUGH);
  const stack = text.search(STACK);
  const words = redact(stack < 0 ? text : text.slice(0, stack), credential).replace(PATHS, REDACTED);
  return words.slice(0, MAX_WORDS).trim() || undefined;
}

const REDACTED = '[redacted]';
/** A UUID behind a word that says whose it is. */
const OF_ACCOUNT =
  /(?<=\b(?:org|organi[sz]ation|workspace|account|project|tenant|customer|team)(?:'s|s)?\b[^.\n]{0,40})\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;

/** Takes secrets and account ids out. An id is told from a name such as `user_preferences` by a digit or by mixed case. */
function redact(text: string, credential: string | undefined): string {
  let clean = text;
  if (credential !== undefined && credential.length >= 6) clean = clean.replaceAll(credential, REDACTED);
  return (
    clean
      .replace(/\b(sk|pk)[-_][A-Za-z0-9_-]{8,}/g, REDACTED)
      .replace(
        /\b(ak|key|org|proj|acct|user|wrkspc)[-_](?=[A-Za-z]*(\d|[a-z][A-Z]))[A-Za-z0-9]{8,}[A-Za-z0-9_-]*/g,
        REDACTED,
      )
      // Shorter ids of an account, told from words such as org-wide by their digits.
      .replace(/\b(org|proj|acct|wrkspc)[-_][A-Za-z_-]*\d[A-Za-z0-9_-]*/g, REDACTED)
      // An organisation's or a project's at Anthropic and Google. Other such ids are the client's: of its calls and files.
      .replace(OF_ACCOUNT, REDACTED)
      .replace(
        /(?<![\w~./-])projects\/[\w-]+|\b(projects\/(?=\d{6})|project_number:|project[= ](?=\d{6}))[\w-]+/g,
        REDACTED,
      )
      .replace(/(?<!\*)\*{2,}[A-Za-z0-9]{2,}/g, REDACTED)
  );
}

import { type CatalogueRow, catalogue, type ErrorCode } from '../../../errors/catalogue.ts';
import { code, type DocPage, h2, list, p, type Row, table } from '../structure/document.ts';
import { errorTexts } from './error-texts.ts';

/** Made from the error catalogue: a code that is new there is here as well. */
export function errorsGuide(): DocPage {
  return {
    path: '/docs/guides/errors',
    title: 'Errors',
    summary: 'Every error in both shapes, what it means, and whether to send the same request again.',
    wide: true,
    blocks: [
      h2('Shape'),
      p(
        'An error comes in the shape of the protocol that was called, with a message that says what to do. Paths under `/api` answer in the first shape.',
      ),
      code(
        'json',
        `{
  "error": {
    "message": "\`temperature\` must be a number from 0 to 2.",
    "type": "invalid_request_error",
    "param": "temperature",
    "code": "invalid_param"
  }
}`,
        'Chat Completions',
      ),
      code(
        'json',
        `{
  "type": "error",
  "error": {
    "type": "invalid_request_error",
    "message": "\`temperature\` must be a number from 0 to 2."
  },
  "request_id": "req_…"
}`,
        'Messages',
      ),
      p('Every answer carries `x-request-id`. With it the operator finds the request in the log.'),
      h2('Codes'),
      table('Error codes by status', ['Code', 'Status', '`error.type`', 'When', 'What to do', 'Retry'], rows(), {
        narrow: 'stack',
      }),
      p(
        'Where two types are given, the first is of Chat Completions and the second of Messages; the same holds for two statuses.',
      ),
      h2('Retries'),
      list(
        'Obey `x-should-retry` where it is sent, and wait for `retry-after` seconds. Official SDKs do both by themselves.',
        'Without that header, a 5xx may be sent again, with a growing pause. A 4xx has to be changed first.',
        'Nothing is charged for a request that ends in an error.',
      ),
      p(
        'An error in the middle of a stream comes as an event: see [streaming](/docs/guides/streaming#how-a-stream-ends).',
      ),
    ],
  };
}

function rows(): Row[] {
  return (Object.entries(catalogue) as [ErrorCode, CatalogueRow][]).map(([name, row]) => {
    const { when, cure } = errorTexts[name];
    return {
      id: name,
      cells: [
        `\`${row.wireCode ?? name}\``,
        both(row.status, row.messagesStatus),
        both(`\`${row.chatType}\``, `\`${row.messagesType}\``),
        when,
        cure,
        row.shouldRetry === undefined ? 'perhaps' : row.shouldRetry ? 'yes' : 'no',
      ],
    };
  });
}

const both = (chat: string | number, messages: string | number): string =>
  chat === messages ? String(chat) : `${chat}, ${messages}`;

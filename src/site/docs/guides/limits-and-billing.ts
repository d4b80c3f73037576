import { priceRowAt } from '../../../billing/rates.ts';
import { usd } from '../pages/prices.ts';
import { KEY_VARIABLE } from '../pages/quickstart-code.ts';
import { code, type DocPage, h2, h3, list, p, table } from '../structure/document.ts';
import { exampleModel, type SiteContext } from '../structure/site-context.ts';

export function limitsAndBillingGuide(context: SiteContext): DocPage {
  const { publicUrl, nowMs } = context;
  const card = exampleModel(context);
  const price = priceRowAt(card, nowMs);
  return {
    path: '/docs/guides/limits-and-billing',
    title: 'Limits and billing',
    summary: 'What a request costs, when nothing is billed, and what a key’s limits do.',
    blocks: [
      h2('What a request costs'),
      p(
        'Tokens fall into buckets that do not overlap. Each is multiplied by its price; the sum, times the factor of the key’s group, is rounded once, half up, to a billionth of a dollar. The price is that of the request’s start. 1 USD is 1,000,000 credits.',
      ),
      table(
        'Buckets of the bill',
        ['Bucket', 'What is in it', `>${card.id}, USD per 1M`],
        [
          ['Input', 'prompt tokens that no cache held', usd(price.input)],
          ['Cache read', 'prompt tokens that came from the cache', usd(price.cache_read)],
          [
            'Cache write',
            'prompt tokens written to a cache, at the price of 5 minutes or of 1 hour',
            usd(price.cache_write_5m ?? price.input),
          ],
          ['Output', 'text, tool calls and reasoning', usd(price.output)],
        ],
      ),
      p(
        'An answer that is not streamed says what it cost in the header `x-bytespike-cost-usd`. Every billed request is a row of the usage list; `price` there has the prices and the factor (`multiplier`) that it was charged at, and `absorbed_usd` what no limit could hold, which is not charged. What the built-in simulator answers is charged to the wallet and to limits too, so that they can be tried; sums of usage leave it out.',
      ),
      code('sh', `curl "${publicUrl}/api/v1/me/usage?limit=10" -H "Authorization: Bearer $${KEY_VARIABLE}"`),
      h2('When nothing is billed'),
      list(
        'Every answer that is not 2xx.',
        'A stream that the upstream breaks.',
        'A call that is not streamed and whose client leaves; it still counts as a request.',
        'A stream whose client leaves before any part of the answer was sent to it.',
        'Lists of models, token counts, and everything under `/api`.',
      ),
      h2('Reservation'),
      p(
        'Before an upstream is called, the most that the request can cost is reserved. When it ends, what was used is settled and the rest is free again. So a limit holds at every instant, however many calls run at the same time. The last byte of an answer leaves after its charge is stored.',
      ),
      p(
        'The tokens of a PDF, of sound and of a video are known only afterwards, so such a request reserves the whole context window of its model as input. A limit that is to take them has to hold that; a document of text reserves its text.',
      ),
      h3('When a limit is near'),
      p(
        'If a limit cannot hold `max_tokens` but at least 1,024 tokens of output, `max_tokens` is lowered to what it holds, and `x-bytespike-changed` names it. A key with `on_limit: "refuse"` refuses instead.',
      ),
      h2('Limits of a key'),
      table(
        'Limits of a key',
        ['Setting', 'Limits', 'When it is reached'],
        [
          ['`quota`', 'USD over the life of the key', '402 `quota_exceeded`'],
          [
            '`rate_limit_5h`, `rate_limit_1d`, `rate_limit_7d`',
            'USD within 5 hours, 1 day, 7 days, rolling',
            '429 `rate_limit_exceeded`, not to be retried',
          ],
          ['`rpm`', 'requests a minute', '429 `rate_limit_exceeded`'],
          ['`tpm`', 'tokens a minute', '429 `rate_limit_exceeded`'],
          ['`concurrency`', 'requests in flight', '429 `concurrency_limit`'],
          ['`models`', 'which models', '403 `model_not_in_group`'],
          ['`ip_whitelist`, `ip_blacklist`', 'addresses and ranges', '403 `permission_denied`'],
        ],
      ),
      p('0 means unlimited. The wallet bounds all keys together: 402 `insufficient_balance`.'),
      h2('Headers'),
      table(
        'Headers of limits',
        ['Header', 'Meaning'],
        [
          ['`x-ratelimit-limit`, `x-ratelimit-remaining`', 'USD of the window with the least left, and what is left'],
          ['`x-ratelimit-reset`', 'Unix seconds when a part of it comes back'],
          ['`x-quota-remaining-credits`', 'USD left of the key’s quota; left out when there is none'],
          ['`retry-after`', 'seconds to wait'],
          ['`x-should-retry`', '`true` or `false`: whether the same request may succeed later. Official SDKs obey it'],
        ],
      ),
    ],
  };
}

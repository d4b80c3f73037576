import { ADMIN_TOKEN, type Scene } from './scene.ts';

const LONG = 'river '.repeat(70_000);

/** Calls of several models on both protocols, streamed and not, and some that are refused: something to look at. */
export async function makeTraffic({ call }: Scene): Promise<void> {
  const messages = [{ role: 'user', content: 'Name three rivers.' }];
  const named = await call('/api/v1/keys', {
    key: ADMIN_TOKEN,
    body: { name: 'summaries of the nightly run, by the platform team' },
  });
  const { key } = (await named.json()) as { key: string };
  const models = ['deepseek-v4-pro', 'deepseek-v4-flash', 'gpt-5-4', 'claude-sonnet-4-6'];
  const calls = models.flatMap((model) => [
    call('/v1/chat/completions', { body: { model, messages } }),
    call('/v1/chat/completions', { key, body: { model, messages, stream: true } }),
    call('/v1/messages', { body: { model, max_tokens: 512, messages, stream: true } }),
  ]);
  const refused = [
    call('/v1/chat/completions', { body: { model: 'no-such-model', messages } }),
    call('/v1/chat/completions', { body: { model: 'deepseek-v4-pro', messages, temperature: 9 } }),
    // The longest word for what went wrong.
    call('/v1/chat/completions', {
      body: { model: 'deepseek-v4-flash', messages: [{ ...messages[0], content: LONG }] },
    }),
  ];
  await Promise.all([...calls, ...refused].map(async (answer) => (await answer).text()));
}

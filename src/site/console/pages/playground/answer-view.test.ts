import { describe, expect, test } from 'bun:test';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Router } from 'wouter';
import { AnswerView } from './answer-view.tsx';
import { type Answer, startedAnswer } from './conversation.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  '[a](javascript:alert(1))',
  '```html\n<iframe srcdoc="<script>alert(1)</script>"></iframe>\n```',
  '{"a": "</pre><script>alert(1)</script>"}',
];

function html(changes: Partial<Answer>): string {
  const answer: Answer = { ...startedAnswer('messages', 'm'), state: 'done', costUsd: '0.000001', ...changes };
  const view = createElement(AnswerView, { answer, onAgain: undefined });
  const room = { ssrPath: '/playground', children: view };
  return renderToStaticMarkup(createElement(Router, room));
}

/** Names of the elements in a piece of markup. */
const elements = (markup: string): string[] => [...markup.matchAll(/<([a-zA-Z][\w-]*)/g)].map(([, name = '']) => name);
const OURS = /^(article|header|strong|span|p|details|summary|div|pre|code|button|svg|path|footer|dl|dt|dd|a|ul|li)$/;

describe('what a model or an upstream says', () => {
  test.each(HOSTILE)('%s stays text wherever it stands', (text) => {
    const markup = html({
      model: text,
      parts: [
        { kind: 'reasoning', text, signature: undefined },
        { kind: 'text', text },
        { kind: 'call', id: text, name: text, input: text },
      ],
      failure: { message: text, status: 502, code: text },
      stopReason: text,
      changed: [text],
      emulated: [text],
      upstream: text,
      requestId: text,
    });
    expect(elements(markup).filter((name) => !OURS.test(name))).toEqual([]);
    // No attribute of ours begins with on, and the one link leads into the console.
    expect(markup.replaceAll(/"[^"]*"/g, '""')).not.toMatch(/<[^>]*\son\w+=/);
    expect([...markup.matchAll(/href="([^"]*)"/g)].map(([, href]) => href?.slice(0, 10))).toEqual(['/requests/']);
  });
});

test('an answer shows its exact cost on hover, its tokens and its first token', () => {
  const markup = html({
    parts: [{ kind: 'text', text: 'Hi' }],
    tokens: { input: 1_234, cached: 34, output: 5 },
    firstTokenMs: 120,
    durationMs: 900,
    costUsd: '0.000123456',
  });
  expect(markup).toContain('title="0.000123456 USD exactly"');
  expect(markup).toContain('1,234 in (34 cached), 5 out');
  expect(markup).toContain('120 ms');
});

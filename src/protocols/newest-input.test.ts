import { describe, expect, test } from 'bun:test';
import { refusalOf, translateRequest } from './golden/harness.ts';
import { targetNamed } from './golden/targets.ts';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown, more: object = {}) => ({ role: 'assistant', content, ...more });
const toText = (text: string) => [{ type: 'text', text }];

describe('a Chat client at an upstream that refuses empty messages', () => {
  const ask = (...messages: object[]) => ({ model: 'm', reasoning_effort: 'high', messages });
  const system = (content: string) => ({ role: 'system', content });
  const call = { id: 't1', type: 'function', function: { name: 'run', arguments: '{}' } };
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };

  const twoCalls = [
    assistant(null, { tool_calls: [call, { ...call, id: 't2' }] }),
    { role: 'tool', tool_call_id: 't1', content: 'a' },
    { role: 'tool', tool_call_id: 't2', content: 'b' },
  ];

  test.each([
    ['white space', [user('x'), assistant('Hello'), user(' \n')], 2],
    ['nothing', [system('S'), user('x'), assistant('Hello'), user('')], 3],
    ['parts without text', [user('x'), assistant('Hello'), user(toText(' '))], 2],
    ['no parts', [user('x'), assistant('Hello'), user([])], 2],
    ['several such messages', [user('x'), assistant('Hello'), user(''), user(' ')], 3],
    ['an empty system message after it', [user('x'), assistant('Hello'), user(''), system('')], 2],
    ['an empty answer after it', [user('x'), assistant('Hello'), user(''), assistant(null)], 2],
    ['nothing before a prefilled answer', [system('S'), user(''), assistant('Well,')], 1],
    ['nothing, behind results of two calls', [user('x'), ...twoCalls, assistant('Hello'), user(' ')], 5],
  ])('the newest message with %s is refused by name', (_what, messages, index) => {
    const { code, details, message } = refusalOf(ask(...messages), targetNamed('claude-any'))!;
    expect([code, details.param]).toEqual(['invalid_param', `messages[${index}].content`]);
    expect(message).toContain('send what the model is to answer');
  });

  test('only an answer that stands before the empty message can be continued without it', () => {
    const advice = 'or leave the message out to have the answer before it continued';
    const messageOf = (...messages: object[]) => refusalOf(ask(...messages), targetNamed('claude-any'))!.message;
    expect(messageOf(user('x'), assistant('Hello'), user(' '))).toContain(advice);
    expect(messageOf(user(' '), assistant('Well,'))).not.toContain(advice);
  });

  test('nor can any at a model that goes on from none', () => {
    const refusal = (...messages: object[]) => refusalOf(ask(...messages), targetNamed('claude-adaptive'));
    expect(refusal(user('x'), assistant('Hello'), user(' '))?.message).not.toContain('continued');
    for (const messages of [
      [user('x'), assistant('Well,')],
      [user('x'), assistant('Well,'), system(' ')],
    ]) {
      const { code, details, message } = refusal(...messages)!;
      expect([code, details.param]).toEqual(['unsupported_feature', 'messages']);
      expect(message).toStartWith('This model does not support assistant message prefill.');
    }
    expect(refusal(user('x'), assistant(''))).toBeUndefined();
    expect(refusal(user('x'), assistant('Hello'), system('Now.'))).toBeUndefined();
  });

  test.each([
    ['a result without text', [assistant(null, { tool_calls: [call] }), { role: 'tool', tool_call_id: 't1' }], 'user'],
    ['an image', [assistant('Hello'), user([image])], 'user'],
    ['a system message', [assistant('Hello'), user(''), system('Now.')], 'system'],
    ['a text before it', [assistant('Hello'), user('y'), user('')], 'user'],
    ['a prefilled answer after it', [assistant('Hello'), user(''), assistant('Well,')], 'assistant'],
    ['no message, but a prefilled answer', [assistant('Well,')], 'assistant'],
    ['a prefilled answer, whatever system message is empty,', [assistant('Well,'), system(' ')], 'assistant'],
  ])('%s is something to say', (_what, messages, lastRole) => {
    const { body } = translateRequest(ask(user('x'), ...messages), targetNamed('claude-any'));
    expect((body.messages as { role: string }[]).at(-1)?.role).toBe(lastRole);
  });

  test('a conversation that the assistant began, with nothing of the user’s, is the upstream’s to judge', () => {
    expect(refusalOf(ask(system('S'), assistant('Hello')), targetNamed('claude-any'))).toBeUndefined();
  });
});

describe('a Messages client at an upstream of the other protocol', () => {
  const ask = (...messages: object[]) => ({ model: 'm', max_tokens: 9, messages });

  test('no blocks are nothing to say, white space is what it is', () => {
    const { code, details } = refusalOf(ask(user('x'), assistant('y'), user([])), targetNamed('gpt'))!;
    expect([code, details.param]).toEqual(['invalid_param', 'messages[2].content']);
    const { body } = translateRequest(ask(user('x'), assistant('y'), user(' ')), targetNamed('gpt'));
    expect((body.messages as object[]).at(-1)).toEqual(user(' '));
    expect(refusalOf(ask(user([]), assistant('y')), targetNamed('gpt'))?.details.param).toBe('messages[0].content');
    expect(refusalOf(ask(user('x'), assistant('y'), user([]), user('z')), targetNamed('gpt'))).toBeUndefined();
    expect(refusalOf(ask(user([]), assistant([])), targetNamed('gpt'))).toBeUndefined();
  });
});

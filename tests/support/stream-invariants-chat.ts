import type { SseEvent } from '../../src/protocols/sse.ts';
import { checkUsage, isCount, isObject, type Json, parseObject } from './stream-invariants-json.ts';

/** One Chat Completions stream, event by event; `violations` collects what is broken. */
export class ChatChecker {
  readonly #includeUsage: boolean;
  readonly #violations: string[];
  #frame = -1;
  #identity: { id: unknown; created: unknown; model: unknown } | undefined;
  readonly #choices = new Map<number, { finished: boolean; toolCalls: number }>();
  #usages = 0;
  #failed = false;
  #done = false;

  constructor(includeUsage: boolean, violations: string[]) {
    this.#includeUsage = includeUsage;
    this.#violations = violations;
  }

  push(event: SseEvent): void {
    this.#frame++;
    if (this.#done) this.#say('a frame after [DONE]');
    if (this.#failed) this.#say('a frame after the error frame');
    if (event.data === '[DONE]') {
      this.#done = true;
      return;
    }
    const chunk = parseObject(event.data);
    if (chunk === undefined) this.#say('data is not a JSON object');
    else if (chunk.error) this.#error(chunk.error);
    else this.#chunk(chunk);
  }

  end(): void {
    if (this.#failed) return;
    if (!this.#done) this.#say('no [DONE] at the end');
    if (this.#choices.size === 0) this.#say('no choice in the whole stream');
    for (const [index, choice] of this.#choices)
      if (!choice.finished) this.#say(`choice ${index} has no finish_reason`);
    if (this.#includeUsage && this.#usages === 0) this.#say('no usage although it was asked for');
  }

  #error(error: unknown): void {
    this.#failed = true;
    if (!isObject(error) || typeof error.message !== 'string') this.#say('the error has no message');
  }

  #chunk(chunk: Json): void {
    const { id, created, model } = chunk;
    if (chunk.object !== 'chat.completion.chunk') this.#say(`object is ${JSON.stringify(chunk.object)}`);
    if (this.#identity === undefined) {
      this.#identity = { id, created, model };
      if (typeof id !== 'string' || id === '') this.#say('id is not a string');
      if (typeof model !== 'string' || model === '') this.#say('model is not a string');
      if (!isCount(created) || created > 1e11) this.#say('created is not in Unix seconds');
    } else if (id !== this.#identity.id) this.#say('id changed');
    else if (created !== this.#identity.created) this.#say('created changed');
    else if (model !== this.#identity.model) this.#say('model changed');

    if (this.#usages > 0) this.#say('a chunk after the usage');
    if (Array.isArray(chunk.choices)) for (const choice of chunk.choices) this.#choice(choice);
    else this.#say('choices is not a list');
    if (chunk.usage !== undefined && chunk.usage !== null) this.#usage(chunk.usage);
  }

  #usage(usage: unknown): void {
    this.#usages++;
    if (!this.#includeUsage) this.#say('usage although it was not asked for');
    if ([...this.#choices.values()].some((choice) => !choice.finished)) this.#say('usage before finish_reason');
    checkUsage(usage, ['prompt_tokens', 'completion_tokens', 'total_tokens'], (what) => this.#say(what));
  }

  #choice(choice: unknown): void {
    if (!isObject(choice) || !isCount(choice.index)) {
      this.#say('a choice without index');
      return;
    }
    const { index, delta } = choice;
    if (!isObject(delta)) {
      this.#say(`choice ${index} has no delta`);
      return;
    }
    let state = this.#choices.get(index);
    if (state === undefined) {
      state = { finished: false, toolCalls: 0 };
      this.#choices.set(index, state);
      if (delta.role !== 'assistant') this.#say(`the first delta of choice ${index} has no role`);
    } else if (state.finished) this.#say(`choice ${index} goes on after its finish_reason`);
    for (const name of ['content', 'reasoning_content', 'refusal']) {
      const value = delta[name];
      if (value !== undefined && value !== null && typeof value !== 'string') this.#say(`${name} is not a string`);
    }
    if (Array.isArray(delta.tool_calls)) for (const call of delta.tool_calls) this.#toolCall(call, state);
    if (choice.finish_reason === undefined) this.#say('finish_reason is left out, not null');
    else if (choice.finish_reason !== null) state.finished = true;
  }

  #toolCall(call: unknown, state: { toolCalls: number }): void {
    if (!isObject(call) || !isCount(call.index)) {
      this.#say('a tool call without index');
      return;
    }
    const details = isObject(call.function) ? call.function : {};
    if (typeof details.arguments !== 'string') this.#say(`arguments of tool call ${call.index} is not a string`);
    if (call.index < state.toolCalls) {
      if (call.id !== undefined || call.type !== undefined || details.name !== undefined) {
        this.#say(`tool call ${call.index} repeats its id, type or name`);
      }
      return;
    }
    if (call.index > state.toolCalls) this.#say(`tool call index ${call.index} where ${state.toolCalls} was due`);
    state.toolCalls = call.index + 1;
    if (typeof call.id !== 'string' || call.id === '') this.#say(`tool call ${call.index} begins without id`);
    if (call.type !== 'function') this.#say(`tool call ${call.index} begins without type`);
    if (typeof details.name !== 'string' || details.name === '')
      this.#say(`tool call ${call.index} begins without name`);
  }

  #say(what: string): void {
    this.#violations.push(`frame ${this.#frame}: ${what}`);
  }
}

import type { UsageRow } from '../../api/rows.ts';
import type { Answer, Question, ToolResults, Turn } from './conversation.ts';
import { requestBody } from './request-body.ts';
import type { RunInput } from './run-request.ts';
import { initialSettings, type Settings } from './settings.ts';

interface RoomState {
  settings: Settings;
  turns: readonly Turn[];
}

type Bill = Pick<UsageRow, 'cost_usd' | 'input_tokens' | 'cache_read_tokens' | 'cache_write_tokens' | 'output_tokens'>;

interface RoomDeps {
  /** See `runRequest`. */
  run: (input: RunInput) => Promise<Answer>;
  /** What a request was billed for; undefined: there is no bill for it, or not yet. */
  billOf: (requestId: string) => Promise<Bill | undefined>;
  wait: (ms: number) => Promise<void>;
}

/** Pauses between the looks for a bill, in ms: it is there when a stream has ended, a little later when it was stopped. */
const PAUSES = [0, 150, 400, 1_000, 2_000];

/** A conversation and what is chosen beside it. It goes on while its page is not shown. */
export class PlaygroundRoom {
  #state: RoomState = { settings: initialSettings(), turns: [] };
  readonly #deps: RoomDeps;
  readonly #listeners = new Set<() => void>();
  #running: AbortController | undefined;
  #over = false;

  constructor(deps: RoomDeps) {
    this.#deps = deps;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): RoomState => this.#state;

  choose(changes: Partial<Settings>): void {
    this.#set({ settings: { ...this.#state.settings, ...changes } });
  }

  /** Sends a question, or results of tools, and waits for the end of the answer. Nothing while another one runs. */
  async say(turn: Question | ToolResults): Promise<void> {
    if (this.#running !== undefined) return;
    this.#set({ turns: [...this.#state.turns, turn] });
    await this.#answer();
  }

  /** Asks once more for the answer that is last. */
  async again(): Promise<void> {
    if (this.#running !== undefined) return;
    const { turns } = this.#state;
    if (turns.at(-1)?.role === 'assistant') this.#set({ turns: turns.slice(0, -1) });
    if (this.#state.turns.length > 0) await this.#answer();
  }

  /** Leaves: the gateway ends the exchange with the upstream. */
  stop(): void {
    this.#running?.abort();
  }

  /** Whoever talks here has left for good: an answer that runs is stopped, and nobody asks what it cost. */
  end(): void {
    this.#over = true;
    this.stop();
  }

  clear(): void {
    this.stop();
    this.#set({ turns: [] });
  }

  async #answer(): Promise<void> {
    const { settings, turns } = this.#state;
    const at = turns.length;
    const running = new AbortController();
    this.#running = running;
    // A conversation that was cleared meanwhile stays clear.
    const put = (answer: Answer): void => {
      const now = this.#state.turns;
      if (now[at - 1] === turns[at - 1]) this.#set({ turns: [...now.slice(0, at), answer, ...now.slice(at + 1)] });
    };
    const { protocol } = settings;
    const answer = await this.#deps.run({
      protocol,
      body: requestBody(settings, turns),
      signal: running.signal,
      onChange: put,
    });
    this.#running = undefined;
    if (answer.costUsd !== undefined || this.#over) return;
    const bill = await this.#findBill(answer);
    const current = this.#state.turns[at];
    if (current?.role !== 'assistant' || current.requestId !== answer.requestId) return;
    put(bill === undefined ? { ...current, costUsd: 'none' } : { ...current, ...figuresOf(bill) });
  }

  async #findBill({ requestId, parts, state }: Answer): Promise<Bill | undefined> {
    // What was refused, or left before it said anything, costs nothing.
    if (requestId === undefined || (state !== 'done' && parts.length === 0)) return undefined;
    for (const pause of PAUSES) {
      await this.#deps.wait(pause);
      const bill = await this.#deps.billOf(requestId).catch(() => undefined);
      if (bill !== undefined) return bill;
    }
    return undefined;
  }

  #set(changes: Partial<RoomState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

function figuresOf(bill: Bill): Pick<Answer, 'costUsd' | 'tokens'> {
  const { cost_usd: costUsd, input_tokens: uncached, cache_read_tokens: cached, output_tokens: output } = bill;
  return { costUsd, tokens: { input: uncached + cached + bill.cache_write_tokens, cached, output } };
}

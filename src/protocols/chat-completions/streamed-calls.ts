import { parseJson } from '../json.ts';
import { generatedCallId } from './decode-answer.ts';

/** A call of a stream, as far as it has come. */
export interface StreamedCall {
  /** Id of the piece. */
  readonly id: string;
  /** Index that the upstream gives it; not always there, not always one call's alone. */
  readonly index: number | undefined;
  callId: string;
  /** The upstream gave it no id. */
  anonymous: boolean;
  name: string;
  /** Its start has left. */
  started: boolean;
  /** Arguments so far. */
  input: string;
}

/**
 * The calls of a stream, and which of them a delta belongs to. Indexes come with gaps, not at all, or the same for two calls;
 * ids only on the first delta, on all, on none, late, or another one each time. So: a known id is its call; else a name tells
 * a new call from the rest of one that has its own; else the index tells; else it is the last.
 */
export class StreamedCalls {
  readonly #all: StreamedCall[] = [];
  readonly #due = new Set<StreamedCall>();
  /** The last call of each index, and of each id, with its index and with any. */
  readonly #byIndex = new Map<number | undefined, StreamedCall>();
  readonly #byId = new Map<string, StreamedCall>();

  /** In the order in which they came. */
  get all(): readonly StreamedCall[] {
    return this.#all;
  }

  /** Those that have not started, in their order. */
  get due(): Iterable<StreamedCall> {
    return this.#due;
  }

  start(call: StreamedCall): void {
    call.started = true;
    this.#due.delete(call);
  }

  /** The call that a delta belongs to; undefined: to a new one. `id`: '' where it has none. One that comes late is the call's. */
  find(id: string, index: number | undefined, name: string): StreamedCall | undefined {
    const last = index === undefined ? this.#all.at(-1) : this.#byIndex.get(index);
    if (last === undefined) return undefined;
    const known = last.callId === id ? last : this.#byId.get(idWith(index, id));
    if (known !== undefined) return known;
    if (!goesOn(last, id, name, index)) return undefined;
    if (last.anonymous && id !== '' && !last.started) {
      last.callId = id;
      last.anonymous = false;
      this.#know(last);
    }
    return last;
  }

  /** A new one. `piece`: its id among the pieces; `answer`: id of the answer, for a call that has none. */
  add(piece: string, id: string, index: number | undefined, answer: string): StreamedCall {
    const call: StreamedCall = {
      id: piece,
      index,
      callId: id === '' ? generatedCallId(answer, this.#all.length) : id,
      anonymous: id === '',
      name: '',
      started: false,
      input: '',
    };
    this.#all.push(call);
    this.#due.add(call);
    this.#byIndex.set(index, call);
    this.#know(call);
    return call;
  }

  /** Finds the call by its id from now on. One that we made nobody else says. */
  #know(call: StreamedCall): void {
    if (call.anonymous) return;
    this.#byId.set(idWith(undefined, call.callId), call);
    if (call.index !== undefined) this.#byId.set(idWith(call.index, call.callId), call);
  }
}

/** Whether a delta with an id that is not this call's own, or with none, is more of it all the same. */
function goesOn(call: StreamedCall, id: string, name: string, index: number | undefined): boolean {
  if (!call.started) {
    const another = name !== '' && call.name !== '' && (name !== call.name || (id !== '' && index === undefined));
    return !another && (id === '' || call.anonymous);
  }
  const whole = (): boolean => parseJson(call.input) !== undefined;
  // Some servers say the name again with every delta. Where a call came with its id, the next one would too.
  if (name !== '') return id === '' && call.name === name && ((!call.anonymous && index !== undefined) || !whole());
  return id === '' || call.anonymous || (index !== undefined && !whole());
}

const idWith = (index: number | undefined, id: string): string => `${index ?? ''} ${id}`;

import type { Reservation } from '../billing/money.ts';
import type { Key } from '../keys/key.ts';
import type { Card } from '../models/card.ts';
import { type JsonObject, parseJson } from '../protocols/json.ts';
import type { TopLevel } from '../protocols/json-scan.ts';
import type { Edit } from '../protocols/json-text.ts';
import type { NeutralRequest } from '../protocols/neutral.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { PutBack } from '../protocols/put-back.ts';
import type { RememberedTurn } from '../protocols/reasoning-memory.ts';
import { Notes } from '../protocols/wire.ts';
import type { Aborter } from '../upstreams/aborter.ts';
import type { Choice } from '../upstreams/registry.ts';
import type { ClientRequest } from './client-request.ts';
import type { House } from './house.ts';
import { newRequestId } from './request-id.ts';

/** A request, and who sent it. */
export interface Caller {
  readonly request: ClientRequest;
  /** May be looked up when it is read. */
  readonly clientIp: string;
}

/** The prompt as it was counted, in tokens. */
export interface InputCount {
  /** An estimate, for the window and for whoever is told. */
  tokens: number;
  /** What it does not pass, for holds. */
  most: number;
}

/** Steps of the road whose ends are noted. */
export type Step = 'admit' | 'read body' | 'guard' | 'reserve' | 'upstream head' | 'upstream end' | 'settle';

/** One request on the road. Steps fill it in, in the order of the listing in road.ts. */
export class Call {
  readonly id: string;
  readonly protocol: Protocol;
  readonly request: ClientRequest;
  readonly #arrival: Caller;
  readonly house: House;
  /** Unix ms of the request's start: chooses prices and windows. */
  readonly startMs = Date.now();
  readonly #startedAt = performance.now();
  /** The request's: aborted when the client leaves, and when the exchange with the upstream takes too long. */
  readonly abort: Aborter;
  readonly exits = new Exits();
  readonly notes = new Notes();
  /** Edits of the client's body that steps before the dispatch decided. */
  readonly edits: Edit[] = [];

  key: Key | undefined;
  /** The body as text. */
  text = '';
  #body: JsonObject | undefined = {};
  /** Where the members of the body are in its text. */
  top: TopLevel | undefined;
  /** Length of the body in bytes, decoded. */
  bodyBytes = 0;
  /** Name that the client asked for; the answer carries it. */
  model = '';
  card!: Card;
  choice!: Choice;
  /** `express`: same protocol on both sides. */
  lane: 'express' | 'translated' = 'express';
  stream = false;
  /** A request that is to be translated, with what was put back into it, until it is sent. */
  neutral: NeutralRequest | undefined;
  /** What is remembered of the earlier turns that an express upstream has to know of, by index of the message. */
  remembered: readonly (RememberedTurn | undefined)[] | undefined;
  putBack: PutBack | undefined;
  /** Upper bound of the prompt in tokens. */
  inputBound = 0;
  inputCount: InputCount | undefined;
  /** The count while it runs, and after it: a prompt is counted once. */
  counting: Promise<InputCount> | undefined;
  /** Output limit asked for, lowered to what card and window leave. */
  maxOutput = 0;
  /** True when the client's own output limit stands and needs no edit. */
  maxOutputAsAsked = false;
  reservation: Reservation | undefined;
  ttftMs: number | undefined;
  /** When each step was done, in ms from the start, in their order. */
  readonly steps: Partial<Record<Step, number>> = {};
  /** True once the call's one log line is written: a client may leave while an error is told. */
  logged = false;

  constructor(house: House, protocol: Protocol, arrival: Caller) {
    this.house = house;
    this.protocol = protocol;
    this.request = arrival.request;
    this.abort = arrival.request.abort;
    this.#arrival = arrival;
    this.exits.add(house.underway.enter());
    this.id = newRequestId();
  }

  /** The body, parsed; anew each time once it was forgotten. */
  get body(): JsonObject {
    return this.#body ?? (parseJson(this.text) as JsonObject);
  }

  set body(body: JsonObject) {
    this.#body = body;
  }

  /** Keeps of the request the text alone, which has all of it in half the room: a stream may stay open for long. */
  forgetParsed(): void {
    this.#body = undefined;
    this.top = undefined;
    this.remembered = undefined;
    this.request.forget();
  }

  /** Address that IP rules are judged by; looked up when it is asked for. */
  get clientIp(): string {
    return this.#arrival.clientIp;
  }

  /** Notes that a step of the road is done. */
  mark(step: Step): void {
    this.steps[step] = this.elapsed();
  }

  /** Milliseconds since the start. */
  elapsed(): number {
    return performance.now() - this.#startedAt;
  }
}

/** Something that is held. */
export interface Releasable {
  release(): void;
}

/** What a call holds and must give back on every way out: run once, in reverse order, whoever ends it. */
class Exits {
  #steps: Releasable[] = [];

  add(step: Releasable): void {
    this.#steps.push(step);
  }

  run(): void {
    const steps = this.#steps;
    this.#steps = [];
    for (let i = steps.length - 1; i >= 0; i--) steps[i]!.release();
  }
}

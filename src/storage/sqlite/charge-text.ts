import type { ChargeRecord } from '../writes.ts';

/**
 * A charge as one line of text on its way to the writing thread. Copying text between threads costs a fraction of copying
 * an object of thirty fields, and charges are nearly all there is to copy. The order of fields is known to this file alone.
 */
export function writeCharge(charge: ChargeRecord): string {
  return JSON.stringify([
    charge.requestId,
    charge.accountId,
    charge.keyId,
    charge.at,
    charge.startedAt,
    charge.model,
    charge.upstream,
    charge.upstreamModel,
    charge.protocol,
    charge.stream,
    charge.status,
    charge.ending,
    charge.simulated,
    charge.inputUncached,
    charge.cacheRead,
    charge.cacheWrite5m,
    charge.cacheWrite1h,
    charge.outputText,
    charge.reasoning,
    charge.usageSource,
    charge.clamped,
    String(charge.cost),
    String(charge.absorbed),
    charge.upstreamCost === undefined ? null : String(charge.upstreamCost),
    String(charge.held),
    charge.terms,
    charge.ttftMs ?? null,
    charge.durationMs,
  ]);
}

type Fields = [
  requestId: string,
  accountId: string,
  keyId: string,
  at: number,
  startedAt: number,
  model: string,
  upstream: string,
  upstreamModel: string,
  protocol: string,
  stream: boolean,
  status: number,
  ending: ChargeRecord['ending'],
  simulated: boolean,
  inputUncached: number,
  cacheRead: number,
  cacheWrite5m: number,
  cacheWrite1h: number,
  outputText: number,
  reasoning: number,
  usageSource: ChargeRecord['usageSource'],
  clamped: boolean,
  cost: string,
  absorbed: string,
  upstreamCost: string | null,
  held: string,
  terms: string,
  ttftMs: number | null,
  durationMs: number,
];

/** Reads lines that `writeCharge` wrote, each with a line feed after it: JSON has none inside. */
export function readCharges(lines: string): ChargeRecord[] {
  return lines.trimEnd().split('\n').map(readCharge);
}

/** Reads what `writeCharge` wrote. */
function readCharge(text: string): ChargeRecord {
  const f = JSON.parse(text) as Fields;
  return {
    requestId: f[0],
    accountId: f[1],
    keyId: f[2],
    at: f[3],
    startedAt: f[4],
    model: f[5],
    upstream: f[6],
    upstreamModel: f[7],
    protocol: f[8],
    stream: f[9],
    status: f[10],
    ending: f[11],
    simulated: f[12],
    inputUncached: f[13],
    cacheRead: f[14],
    cacheWrite5m: f[15],
    cacheWrite1h: f[16],
    outputText: f[17],
    reasoning: f[18],
    usageSource: f[19],
    clamped: f[20],
    cost: BigInt(f[21]),
    absorbed: BigInt(f[22]),
    upstreamCost: f[23] === null ? undefined : BigInt(f[23]),
    held: BigInt(f[24]),
    terms: f[25],
    ttftMs: f[26] ?? undefined,
    durationMs: f[27],
  };
}

import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { GatewayError } from '../errors/catalogue.ts';

/** No file descriptor was left for what a call needed. Only the operator can mend it. */
export class DescriptorsUsedUp extends Error {
  override readonly name = 'DescriptorsUsedUp';
}

/**
 * True when this process can open nothing more now. Asked of the system, because of a connection that is not made for this
 * the runtime says that it was refused.
 */
export const descriptorsUsedUp = (): boolean => !canOpen(1);

/** What a thread opens as it starts and for its files, and some for whoever connects meanwhile. */
const FOR_A_THREAD = 16;

/**
 * Starts a thread. Throws `no_available_upstream` where too few descriptors are left for it: of a thread that has none the runtime
 * makes an end of the whole process.
 */
export function startThread(url: URL, options?: WorkerOptions): Worker {
  if (!canOpen(FOR_A_THREAD)) {
    const message = 'This gateway has no room for this now. Send the request again in a moment.';
    throw new GatewayError('no_available_upstream', message, { cause: new DescriptorsUsedUp() });
  }
  return new Worker(url.href, options);
}

function canOpen(count: number): boolean {
  const opened: number[] = [];
  try {
    while (opened.length < count) opened.push(openSync(devNull, 'r'));
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE'));
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** How many descriptors this process may have open; undefined where the system does not tell, or sets no limit. */
export function descriptorLimit(): number | undefined {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}

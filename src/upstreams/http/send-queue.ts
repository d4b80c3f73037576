/** What sends when its turn comes. */
export interface Sender {
  sendNow(): void;
}

let waiting: Sender[] = [];

/**
 * Sends at the end of this turn of the event loop, together with all others that were ready in it: one system call right
 * after the other takes less than the same calls with a request's work between them (bench/README.md).
 */
export function sendSoon(sender: Sender): void {
  if (waiting.push(sender) === 1) setImmediate(sendAll);
}

function sendAll(): void {
  const senders = waiting;
  waiting = [];
  for (const sender of senders) sender.sendNow();
}

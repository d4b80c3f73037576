/** Moments and spans as the axes, the table and the tip name them. In the viewer's zone and manner, as everywhere. */
export const DAY = 86_400;

const dateOf = (seconds: number): Date => new Date(seconds * 1_000);

export const dayText = (seconds: number): string =>
  dateOf(seconds).toLocaleDateString(undefined, { month: 'short', day: 'numeric' });

const clockText = (seconds: number): string =>
  dateOf(seconds).toLocaleTimeString(undefined, { hour: 'numeric', minute: '2-digit' });

/** By the hour, and by the date where a day begins. */
export function hourText(seconds: number): string {
  const date = dateOf(seconds);
  return date.getHours() === 0 && date.getMinutes() === 0 ? dayText(seconds) : clockText(seconds);
}

/** `Mon, Nov 23`, or `Nov 23, 4:00 – 5:00 PM`. */
export function spanText(seconds: number, step: number): string {
  const date = dateOf(seconds);
  if (step >= DAY) return date.toLocaleDateString(undefined, { weekday: 'short', month: 'short', day: 'numeric' });
  return `${dayText(seconds)}, ${hourSpan.formatRange(date, dateOf(seconds + step))}`;
}

const hourSpan = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });

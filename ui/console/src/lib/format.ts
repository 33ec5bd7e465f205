/** Times and sizes in words. All input is in **milliseconds** unless the name says otherwise. */

const pad = (n: number) => String(n).padStart(2, '0');

// Made once: a list formats hundreds of moments in a second.
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const SHORT_DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

/** `14:32:07`. */
export function clockTime(at: number): string {
  const date = new Date(at);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** `21 Nov 2026, 14:32:07`. */
export function exactTime(at: number): string {
  return `${DAY.format(at)}, ${clockTime(at)}`;
}

/** What a list shows: the clock for the last day, the date before it. */
export function listTime(at: number, now: number): string {
  if (now - at < 86_400_000) return clockTime(at);
  return SHORT_DAY.format(at);
}

/** `just now`, `4 min ago`, `3 days ago`. */
export function ago(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  const days = Math.round(seconds / 86_400);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}

/** `3 ms`, `4.1 s`, `38 s`, `12 min`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 0) return '0 ms';
  if (ms < 1000) return `${ms < 10 && ms % 1 !== 0 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** `+52 ms`, `+4.1 s`, `+2:05`. */
export function offset(ms: number): string {
  const rounded = Math.max(0, ms);
  if (rounded < 1000) return `+${Math.round(rounded)} ms`;
  if (rounded < 60_000) return `+${(rounded / 1000).toFixed(1)} s`;
  const seconds = Math.round(rounded / 1000);
  if (seconds < 3600) return `+${Math.floor(seconds / 60)}:${pad(seconds % 60)}`;
  return `+${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} m`;
}

/** `expires in 59 min` or `expired 3 min ago`. */
export function expiry(at: number, now: number): string {
  return at > now ? `expires in ${duration(at - now)}` : `expired ${ago(at, now)}`;
}

/** The first and last characters of an identifier: `k3f9…x2a`. */
export function short(id: string): string {
  return id.length <= 10 ? id : `${id.slice(0, 4)}…${id.slice(-3)}`;
}

/** A number of seconds as a person would say it: `1 hour`, `14 days`. */
export function seconds(value: number): string {
  const units: Array<[number, string]> = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  for (const [size, name] of units) {
    if (value >= size && value % size === 0) return `${value / size} ${name}${value === size ? '' : 's'}`;
  }
  return `${value} seconds`;
}

/** A number of bytes: `512 bytes`, `3.4 kB`, `12 MB`. */
export function bytes(value: number): string {
  if (value < 1000) return value === 1 ? '1 byte' : `${value} bytes`;
  const [size, unit] = value < 1_000_000 ? [value / 1000, 'kB'] : [value / 1_000_000, 'MB'];
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`;
}

/** Splits `text with \`values\`` into runs; every second run is a value. */
export function backticks(text: string): Array<{ text: string; code: boolean }> {
  return text
    .split('`')
    .map((run, index) => ({ text: run, code: index % 2 === 1 }))
    .filter((run) => run.text !== '');
}

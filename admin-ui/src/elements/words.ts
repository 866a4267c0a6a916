// Numbers, sizes and times as people say them.

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const ages = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const moments = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const counts = new Intl.NumberFormat('en');

/** "3 hours ago", "in 12 days". `now` in milliseconds. */
export function ageInWords(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  if (!Number.isFinite(seconds)) return '–';
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 0];
  return unit === 'second'
    ? seconds > 0
      ? 'in a moment'
      : 'just now'
    : ages.format(Math.trunc(seconds / length), unit);
}

/** "22 Nov 2026, 09:14", in the reader's zone. */
export function timeInWords(time: string): string {
  const at = Date.parse(time);
  return Number.isFinite(at) ? moments.format(at) : '–';
}

/** "12 days", "4 hours": the two largest steps never mix. */
export function durationInWords(seconds: number): string {
  const [unit, length] = STEPS.find(([name, length]) => name !== 'month' && seconds >= length) ?? [
    'second',
    1,
  ];
  const count = Math.round(seconds / length);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** "4.2 MB", in powers of ten as file managers show them. */
export function sizeInWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes === 0 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[power] ?? ''}`;
}

/** "5,000" */
export function countInWords(count: number): string {
  return counts.format(count);
}

/** "1 build", "3 builds". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${counts.format(count)} ${count === 1 ? one : many}`;
}

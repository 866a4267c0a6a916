import { visible } from '../cli/output.ts';

/** What a line of the log says, in short words: texts and numbers. Never a credential, a query or a body. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** Writes one line: `event` is of a closed list, for programs that watch; `says` is for people. */
export type Log = (level: 'info' | 'warn' | 'error', event: string, says: string, fields?: LogFields) => void;

/** A log that writes whole lines with `write`; `now` in milliseconds. */
export function openLog(form: 'json' | 'text', write: (line: string) => void, now: () => number): Log {
  return (level, event, says, fields = {}) => {
    const at = new Date(now()).toISOString();
    if (form === 'json') {
      write(`${JSON.stringify({ at, level, event, says, ...fields })}\n`);
      return;
    }
    const rest = Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    write(`${visible([at, level.toUpperCase(), event, says, ...rest].join(' '))}\n`);
  };
}

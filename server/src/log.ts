import { pino } from 'pino';

/** Where the portal writes what its owner should know: one JSON object a line on standard error. */
export interface Log {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** The log of a running portal. Lines below `level` are left out. */
export function openLog(level: 'info' | 'warn' | 'error' | 'silent'): Log {
  return pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
}

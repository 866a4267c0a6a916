import type { Verdict } from './verdict.ts';

/** A verdict as an entry of a structured log. Its names are none that loggers use for their own (`time`, `level`, `msg`, `name`). */
export type VerdictEntry = Omit<Verdict, 'durationMs' | 'message'> & {
  readonly type: 'appwarrant/verdict/1';
  /** What was seen and what to do, for people. */
  readonly says: string;
  /** How long the decision took, in microseconds. */
  readonly micros: number;
};

/** A verdict as an object, for a logger that writes objects. The `explain` command reads what it writes. */
export function verdictEntry({ durationMs, message, ...verdict }: Verdict): VerdictEntry {
  return { type: 'appwarrant/verdict/1', ...verdict, says: message, micros: Math.round(durationMs * 1000) };
}

/** The same as one line of JSON, without a line feed: no character in it moves a cursor or ends the line. */
export function verdictLine(verdict: Verdict): string {
  return JSON.stringify(verdictEntry(verdict)).replace(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

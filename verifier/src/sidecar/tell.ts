import { verdictEntry } from '../log-line.ts';
import { jsonText, visible } from '../cli/output.ts';
import type { Verdict } from '../verdict.ts';
import type { Trouble } from './sidecar.ts';

/** Lines of the log, each whole: JSON for programs, or text for people. No credential, no value of a query and no body is in them. */
export type Log = {
  /** What happens to this program; `event` is of a closed list. */
  readonly say: (level: Level, event: string, says: string, fields?: Fields) => void;
  /** Each refused request, and each that a grant alone admitted: an entry from which `explain` can be fed. */
  readonly verdict: (verdict: Verdict) => void;
  readonly trouble: (trouble: Trouble) => void;
};

type Level = 'info' | 'warn' | 'error';
type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** A log that writes with `write`; `now` in milliseconds. */
export function openLog(form: 'json' | 'text', write: (line: string) => void, now: () => number): Log {
  const asJson = (entry: object): void => write(`${jsonText(entry, 0)}\n`);
  const asText = (level: Level, event: string, says: string, fields: Fields): void => {
    const rest = Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    write(
      `${visible([new Date(now()).toISOString(), level.toUpperCase(), event, says, ...rest].join(' '))}\n`,
    );
  };
  const say: Log['say'] = (level, event, says, fields = {}) => {
    if (form === 'json') asJson({ at: new Date(now()).toISOString(), level, event, says, ...fields });
    else asText(level, event, says, fields);
  };
  return {
    say,
    verdict(verdict) {
      const { code, outcome, message, status, request, app, claimed } = verdict;
      if (code === null) return;
      const level = outcome === 'refused' ? 'warn' : 'info';
      if (form === 'json') {
        asJson({ level, event: outcome, ...verdictEntry(verdict) });
        return;
      }
      const target = request?.target.slice(0, 200) ?? null;
      const named = (app ?? claimed?.app)?.id ?? null;
      asText(level, outcome, message, { code, status, method: request?.method ?? null, target, app: named });
    },
    trouble(trouble) {
      if (trouble.kind === 'fault') {
        const { error } = trouble;
        const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        say('error', 'fault', `A fault of this program: tell the vendor. ${what}`);
        return;
      }
      const { refused, request } = trouble;
      const { code, status, message } = refused;
      say('warn', 'trouble', message, { code, status, method: request?.method ?? null });
    },
  };
}

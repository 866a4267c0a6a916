import type { Logged } from '../http/explain-logged.ts';
import type { RedactedField, RedactedHead } from '../http/redacted-head.ts';
import { isReasonCode } from '../installed-page.ts';
import { isTime, secondsOf } from '../time.ts';
import { NotUnderstood } from './arguments.ts';

/** What a log tells of one request. */
export type LoggedRequest = Logged & {
  /** As at when it was judged (seconds). */
  readonly at: number;
  /** Whether a grant admitted it in spite of its code. */
  readonly isAdmitted: boolean;
};

const marker = 'appwarrant/verdict/1';
/** More than any request that a server hands on: what a line says is made up again in memory. */
const mostOfLength = 200_000;

/**
 * The last request in a log that tells why it was refused, or would have been; null where this is no log of verdicts. Entries may stand
 * within those of a logger, and behind what it puts before them. Throws `NotUnderstood` for a log without such a request.
 */
export function readLogged(bytes: Uint8Array): LoggedRequest | null {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  if (text.trim() === '') throw new NotUnderstood('There is nothing to explain: it is empty.');
  if (/^\S+ .* HTTP\/[0-9.]+\r?$/m.test(text.slice(0, 10_000))) return null;
  if (!text.includes(marker)) {
    requireNoOtherLog(text);
    return null;
  }
  const parsed = jsonOf(text);
  const whole = entryIn(parsed, 0);
  if (whole !== null) return readEntry(whole);
  if (membersOf(parsed).has('headers')) return null;
  const lines = text.split(/\r?\n/);
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const line = lines[at] ?? '';
    if (!line.includes(marker)) continue;
    const entry = entryIn(jsonOf(line.slice(line.indexOf('{'))), 0);
    if (entry !== null) return readEntry(entry);
  }
  throw new NotUnderstood(noRefused);
}

const noRefused = 'This log has no refused request.';

/** A log of the sidecar, in text form or of other events: said as what it is, and not as a request that was badly saved. */
function requireNoOtherLog(text: string): void {
  if (/(?:^|\s)\d{4}-\d\d-\d\dT[\d:.]+Z (?:INFO|WARN|ERROR) [a-z]+ \S/m.test(text))
    throw new NotUnderstood(
      'Logs in text form cannot be explained: they do not hold the request. Have serve write --log json.',
    );
  const line = text.split(/\r?\n/).find((each) => each.includes('{')) ?? '';
  const members = membersOf(jsonOf(line.slice(line.indexOf('{'))));
  if (['level', 'event', 'says'].every((name) => members.has(name))) throw new NotUnderstood(noRefused);
}

type Members = ReadonlyMap<string, unknown>;

/** The entry of a refused request in what a logger wrote: a member of a member, or JSON in a text. */
function entryIn(value: unknown, depth: number): Members | null {
  if (depth > 4) return null;
  if (typeof value === 'string') return value.includes(marker) ? entryIn(jsonOf(value), depth + 1) : null;
  if (typeof value !== 'object' || value === null) return null;
  const members = membersOf(value);
  if (members.get('type') === marker) return (members.get('request') ?? null) === null ? null : members;
  for (const member of members.values()) {
    const found = entryIn(member, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function readEntry(entry: Members): LoggedRequest {
  const [code, at, says, outcome] = ['code', 'at', 'says', 'outcome'].map((name) => entry.get(name));
  if (typeof code !== 'string' || !isReasonCode(code))
    throw new NotUnderstood('This line has no reason code that this version knows.');
  if (typeof at !== 'string' || !isTime(at)) throw new NotUnderstood('This line does not say when it was.');
  return {
    head: readHead(membersOf(entry.get('request'))),
    code,
    message: typeof says === 'string' ? says : '',
    at: secondsOf(at),
    isAdmitted: outcome === 'admitted',
  };
}

function readHead(head: Members): RedactedHead {
  const [method, target, targetLength] = ['method', 'target', 'targetLength'].map((name) => head.get(name));
  const headers = head.get('headers');
  const leftOut = membersOf(head.get('leftOut'));
  const differs = head.get('differs');
  if (typeof method !== 'string' || typeof target !== 'string' || !Array.isArray(headers))
    throw new NotUnderstood('This line holds no request: it was cut or changed.');
  return {
    method,
    target,
    targetLength: lengthOf(targetLength),
    headers: (headers as readonly unknown[]).slice(0, 200).map(readField),
    leftOut: { fields: lengthOf(leftOut.get('fields')), characters: lengthOf(leftOut.get('characters')) },
    differs: differs === 'authorization' || differs === 'cookie' || differs === 'content' ? differs : null,
  };
}

function readField(field: unknown): RedactedField {
  const [name, value] = Array.isArray(field) ? (field as readonly unknown[]) : [];
  if (typeof name !== 'string') throw new NotUnderstood('A header field of this line has no name.');
  if (typeof value === 'string') return [name, value];
  const members = membersOf(value);
  const holds = members.get('holds');
  if (holds !== 'ASCII' && holds !== 'characters beyond ASCII' && holds !== 'control characters')
    throw new NotUnderstood('A header field of this line has no value.');
  return [name, { length: lengthOf(members.get('length')), holds }];
}

function lengthOf(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > mostOfLength)
    throw new NotUnderstood('This line names a length that is none.');
  return value;
}

function membersOf(value: unknown): Members {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

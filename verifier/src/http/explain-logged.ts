import { reasons, type ReasonCode } from '../reasons.ts';
import { Refused } from '../refused.ts';
import { contentDigest } from './digest-fields.ts';
import { toBase64 } from './base64.ts';
import { sha256 } from '../crypto.ts';
import { explain, type Explanation, type Step } from './explain.ts';
import { standIn, type RedactedHead } from './redacted-head.ts';
import type { RequestToCheck } from './request-head.ts';
import { mostOfBody } from './whole-body.ts';

// What is left of a refused request in a log, taken apart by the same check: what the line still holds is judged again, and of the rest
// is said what came of it then.

/** A request as a log tells of it. */
export type Logged = {
  readonly head: RedactedHead;
  readonly code: ReasonCode;
  /** What was seen and what to do. */
  readonly message: string;
};

export type LoggedExplanation = Pick<Explanation, 'at' | 'steps'> & {
  /** With which code what is left of it is refused now, by the steps that can be repeated; null where all of these pass. */
  readonly again: ReasonCode | null;
};

type Site = Parameters<typeof explain>[1];

/** Judges what is left of a logged request as at a time (seconds), and says of each step what came of it. Throws nothing. */
export function explainLogged(logged: Logged, site: Site, at: number): LoggedExplanation {
  const { code } = logged;
  const explained = explain(sound(logged), site, at);
  const where = stepOf(logged);
  const steps: Step[] = [];
  for (const step of explained.steps) {
    const before = steps.at(-1)?.outcome;
    // No stand-in is signed, so the check never comes to the nonce, which it would not know.
    const isReached = step.outcome !== 'not reached' || step.step === 'nonce';
    if (before === 'refused' || before === 'not reached') {
      steps.push({ step: step.step, outcome: 'not reached', says: '', facts: {} });
    } else if (step.step === where && isReached) {
      const says = seenOf(logged);
      const facts = step.step === 'signature' && 'facts' in step ? baseOf(step, logged) : {};
      steps.push({ step: step.step, outcome: 'refused', refused: new Refused(code, says), says, facts });
    } else {
      steps.push(isLeftOut(step) ? withoutFacts(step.step, logged) : step);
    }
  }
  const refused = steps.find(({ outcome }) => outcome === 'refused');
  const again = refused !== undefined && 'refused' in refused ? refused.refused.code : null;
  return { at, steps, again };
}

/** At which step a request was refused with this code, where that step cannot be repeated; undefined for all others. */
function stepOf({ code, head }: Logged): Step['step'] | undefined {
  if (code === 'digest_mismatch' && head.differs !== null && head.differs !== 'content') return 'credentials';
  return onlyThen.get(code);
}

const onlyThen: ReadonlyMap<ReasonCode, Step['step']> = new Map([
  ['proof_before_start', 'time'],
  ['digest_mismatch', 'content'],
  ['body_incomplete', 'content'],
  ['body_timeout', 'content'],
  ['too_large', 'content'],
  ['signature_invalid', 'signature'],
  ['too_many_forgeries', 'signature'],
  ['replayed', 'nonce'],
  ['replay_table_full', 'nonce'],
  ['replay_store_unavailable', 'nonce'],
] as const);

/** Whether a step that was reached looks at what no log holds. */
function isLeftOut({ step, outcome }: Step): boolean {
  return (
    step === 'nonce' ||
    (step === 'signature' && outcome === 'refused') ||
    (step === 'content' && outcome === 'passed')
  );
}

function withoutFacts(step: Step['step'], { head }: Logged): Step {
  const hasBody = head.headers.some(([name]) => /^(?:content-digest|transfer-encoding)$/i.test(name));
  const says = {
    signature: 'No log holds a signature. It was not refused for it.',
    nonce: 'Only the server knows whether it was used before, or when it started.',
    other: hasBody ? 'No log holds a body.' : 'There is no body.',
  }[step === 'signature' || step === 'nonce' ? step : 'other'];
  return { step, outcome: step === 'content' && !hasBody ? 'passed' : 'not judged here', says, facts: {} };
}

/** The base with what the line holds: what it does not hold is named, and not shown. */
function baseOf({ facts }: Step, { head }: Logged): Step['facts'] {
  const { base } = facts;
  if (base === undefined) return {};
  const held = new Set(
    head.headers.flatMap(([name, value]) =>
      typeof value === 'string' && !masked.has(name.toLowerCase()) ? [name.toLowerCase()] : [],
    ),
  );
  const lines = base.split('\n').map((line) => {
    const name = /^"([^"@]+)": /.exec(line)?.[1];
    return name === undefined || held.has(name) ? line : `"${name}": (not in the log)`;
  });
  return { base: lines.join('\n') };
}

const masked: ReadonlySet<string> = new Set(['authorization-digest', 'content-digest', 'cookie-digest']);

/** What was seen, without the sentence that its code adds. */
function seenOf({ code, message }: Logged): string {
  const { sentence } = reasons[code];
  return message.endsWith(sentence) ? message.slice(0, -sentence.length).trim() : message;
}

/**
 * The stand-in for a logged request, with digests that are right for it: so the steps behind them can be reached. Where a digest was
 * wrong, `stepOf` says so.
 */
function sound({ head }: Logged): RequestToCheck {
  const request = standIn(head);
  const valueOf = (name: string): string | undefined =>
    request.headers.find(([each]) => each.toLowerCase() === name)?.[1].trim();
  const length = Number(valueOf('content-length') ?? 0);
  const body = new Uint8Array(length > 0 && length <= mostOfBody ? length : 0);
  const isChunked = valueOf('transfer-encoding') !== undefined;
  const headers = request.headers.map(([name, value]): readonly [string, string] => {
    const credential = digested.get(name.toLowerCase());
    if (credential === undefined) return [name, value];
    const bytes = credential === 'content' ? undefined : valueOf(credential);
    if (credential !== 'content' && bytes === undefined) return [name, value];
    const digest = bytes === undefined ? contentDigest(body) : sha256(Buffer.from(bytes, 'latin1'));
    return [name, value.replace(/sha-256=:A{43}=:/, `sha-256=:${toBase64(digest)}:`)];
  });
  return { ...request, headers, ...((length > 0 || isChunked) && { body }) };
}

const digested: ReadonlyMap<string, 'authorization' | 'cookie' | 'content'> = new Map([
  ['authorization-digest', 'authorization'],
  ['cookie-digest', 'cookie'],
  ['content-digest', 'content'],
] as const);

import { attempt } from '../attempt.ts';
import { Refused } from '../refused.ts';
import type { ReasonCode } from '../reasons.ts';
import { requireCredentialDigest } from './digest-fields.ts';
import { withoutSpaceAround, type RawHeaders } from './header-fields.ts';
import type { RequestToCheck } from './request-head.ts';

// The head of a request as it may be logged. Who reads it can see why the request was refused, and gets nothing to use: no credential,
// no signature, no value of the query, no body, and of none of them a digest, from which a short one could be guessed.

/** The head of a request, without what nobody should read. Bounded: about 24 KiB at most. */
export type RedactedHead = {
  /** `(malformed)` where it is no token. */
  readonly method: string;
  /** The path as it was sent, what follows `?` and `;` with an x for each letter and digit of a value. */
  readonly target: string;
  /** How long the target was, in characters: only its beginning is kept of a very long one. */
  readonly targetLength: number;
  readonly headers: readonly RedactedField[];
  /** Fields beyond the first hundred: how many, and of how many characters. */
  readonly leftOut: { readonly fields: number; readonly characters: number };
  /** For `digest_mismatch`: what is not what its digest says. Else null. */
  readonly differs: 'authorization' | 'cookie' | 'content' | null;
};

/** A header field: its value, where that may be read, or what is said instead. */
export type RedactedField = readonly [name: string, value: string | Hidden];

/** A value that is not shown: how long it was, and whether a signature can cover it. */
type Hidden = {
  readonly length: number;
  readonly holds: 'ASCII' | 'characters beyond ASCII' | 'control characters';
};

/** What the check reads and no secret ever stands in. An attestation is of use to nobody without the key that it attests. */
const kept: ReadonlySet<string> = new Set([
  'appwarrant-deployment',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'oauth-client-attestation',
  'signature-input',
  'transfer-encoding',
]);
/** Whose form is kept, and not a byte of whose content: A stands for each character of base64. */
const inForm: ReadonlySet<string> = new Set([
  'authorization-digest',
  'content-digest',
  'cookie-digest',
  'signature',
]);

const mostFields = 100;
const mostOfName = 100;
const mostKept = 12_288;
const mostOfTarget = 2_048;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
const printable = /^[\t\x20-\x7e]*$/;
const byteSequences =
  /^[a-z*][a-z0-9_.*-]{0,63}=:[A-Za-z0-9+/=]*:(?:[ \t]*,[ \t]*[a-z*][a-z0-9_.*-]{0,63}=:[A-Za-z0-9+/=]*:)*$/;

/**
 * Leaves out of a request's head what nobody should read. `code` is what the request was refused with. Throws nothing, whatever was given
 * for a request.
 */
export function redactHead(request: RequestToCheck, code: ReasonCode): RedactedHead {
  const { method, target, headers } = texts(request);
  const fields: RedactedField[] = [];
  const leftOut = { fields: 0, characters: 0 };
  let room = mostKept;
  for (const [name, value] of headers) {
    if (fields.length === mostFields) {
      leftOut.fields += 1;
      leftOut.characters += name.length + value.length;
      continue;
    }
    const shown = redactValue(name.toLowerCase(), value, room);
    if (typeof shown === 'string') room -= shown.length;
    fields.push([token.test(name) ? name : malformedName(name), shown]);
  }
  return {
    method: /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/.test(method) ? method : '(malformed)',
    target: redactTarget(target.slice(0, mostOfTarget)),
    targetLength: target.length,
    headers: fields,
    leftOut,
    differs: code === 'digest_mismatch' ? differing(headers) : null,
  };
}

/**
 * A request that stands for the one whose head was redacted: what is hidden is there in its length, filled with x. The check says of
 * it what it said of the real one, as far as nothing hidden is looked at.
 */
export function standIn({ method, target, targetLength, headers, leftOut }: RedactedHead): RequestToCheck {
  const fields = headers.map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : filled(value),
  ]);
  if (leftOut.fields > 0) fields.push(['x-left-out', 'x'.repeat(leftOut.characters)]);
  return { method, target: target.padEnd(targetLength, 'x'), headers: fields };
}

/** Callers without a compiler give other things than texts: these are refused, and logged as what cannot be one. */
function texts({ method, target, headers }: RequestToCheck): RequestToCheck {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '\u0000');
  const pairs: readonly unknown[] = Array.isArray(headers) ? headers : [];
  return {
    method: text(method),
    target: text(target),
    headers: pairs.map((pair) => {
      const [name, value] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
      return [text(name), text(value)];
    }),
  };
}

function filled({ length, holds }: Hidden): string {
  const odd = { ASCII: '', 'characters beyond ASCII': '\u00ff', 'control characters': '\u0001' }[holds];
  return odd + 'x'.repeat(Math.max(0, length - odd.length));
}

function redactValue(name: string, value: string, room: number): string | Hidden {
  if (printable.test(value) && value.length <= room) {
    if (kept.has(name)) return value;
    if (inForm.has(name) && byteSequences.test(withoutSpaceAround(value)))
      return value.replace(/:[^:]*:/g, formOf);
  }
  const holds = printable.test(value)
    ? 'ASCII'
    : /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
      ? 'characters beyond ASCII'
      : 'control characters';
  return { length: value.length, holds };
}

/** Base64 between colons with an A for each character; a second spelling of its bytes stays one. */
function formOf(bytes: string): string {
  const text = bytes.slice(1, -1);
  const form = bytes.replace(/[A-Za-z0-9+/]/g, 'A');
  return Buffer.from(text, 'base64').toString('base64') === text ? form : form.replace(/A(?==)/, 'B');
}

/** No token, so that the check refuses the one as it has refused the other, or one that is too long to be shown. */
function malformedName(name: string): string {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) ? name.slice(0, mostOfName) : '(malformed)';
}

/** Punctuation stays, and with it every way in which a target can be malformed or encoded anew on its way. */
export function redactTarget(target: string): string {
  const text = target.replace(/[^\x21-\x7e]/g, '\ufffd');
  // Of an absolute URI nobody knows what stands before the host.
  if (!text.startsWith('/')) return text.replace(/[A-Za-z0-9_~-]/g, 'x');
  const end = text.search(/[?#]/);
  const path = end < 0 ? text : text.slice(0, end);
  const query = end < 0 ? '' : text.slice(end);
  return path.replace(/;[^/]*/g, maskPairs) + maskPairs(query);
}

/** Names stay where they look like names; of values, the punctuation. */
function maskPairs(text: string): string {
  return text.replace(
    /([?#&;])([A-Za-z_][A-Za-z0-9_.-]{0,39}=)?([^?#&;]*)/g,
    (_, sign: string, name: string | undefined, value: string) =>
      sign + (name ?? '') + value.replace(/[A-Za-z0-9_.~-]/g, 'x'),
  );
}

function differing(headers: RawHeaders): RedactedHead['differs'] {
  const values = new Map(headers.map(([name, value]) => [name.toLowerCase(), withoutSpaceAround(value)]));
  for (const name of ['authorization', 'cookie'] as const) {
    const outcome = attempt(() => requireCredentialDigest({ values, repeated: new Set() }, name));
    if (outcome instanceof Refused) return name;
  }
  return 'content';
}

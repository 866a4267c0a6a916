import type { KeyMatch } from '../allowlist.ts';
import { sha256 } from '../crypto.ts';
import { timeOf } from '../time.ts';
import type { AppAdmission } from './admission.ts';
import { toBase64 } from './base64.ts';
import { contentDigest } from './digest-fields.ts';
import type { Proof } from './unverified-proof.ts';
import type { RequestHead } from './request-head.ts';

// What the steps of a check have found, in words and as facts. No credential is among them.

/** What helps to find a fault, by name. */
export type Facts = Readonly<Record<string, string>>;

/** What the step `cookie` says when it has passed. */
export const cookieSays: Readonly<Record<AppAdmission['cookie'], string>> = {
  none: 'There is none.',
  bound: 'It is covered through its digest.',
  unbound: 'It is not covered, as scripts in pages cannot read it: the verdict says so.',
};

/** The request line and what announces a body; that credentials are there, and not which. */
export function saysHead({ method, target, fields, framing }: RequestHead): string {
  const body =
    framing.length === undefined
      ? framing.chunked
        ? 'a chunked body'
        : 'no body announced'
      : `a body of ${String(framing.length)} bytes`;
  const secret = credentials.filter((name) => fields.values.has(name));
  const beside = secret.length === 0 ? '' : `; ${secret.join(' and ')} (not shown)`;
  return `${method} ${target}, ${String(fields.values.size)} header fields, ${body}${beside}.`;
}

/** The parameters of a proof. */
export function saysProof({ keyid, nonce, created, expires }: Proof): string {
  const end = expires === null ? '' : `, expires ${moment(expires)}`;
  return `keyid ${keyid}, created ${moment(created)}${end}, nonce of ${String(nonce.length)} characters.`;
}

/** Whose key it is, until when and for what. */
export function saysKey({ entry, entries, identity }: KeyMatch, attested: boolean): string {
  const { app, partner, build, expires, capabilities } = entry.custom;
  const which =
    entries.length === 1
      ? `${app.name} ${build.version} (${build.platform})`
      : `${app.name}, one of ${String(entries.length)} builds`;
  const how = attested
    ? 'attested, for a copy of'
    : identity.holder === 'embedded'
      ? 'embedded in'
      : 'that of';
  return `It is ${how} ${which} of ${partner.name}, approved until ${expires}, for ${capabilities.join(', ') || 'no capability'}.`;
}

/** The header fields whose values nobody is shown. */
export const credentials = ['authorization', 'cookie'] as const;

/** Both digests of each credential; never the credential. */
export function credentialFacts({ fields: { values } }: RequestHead): Facts {
  const facts = credentials.flatMap((name): [string, string][] => {
    const value = values.get(name);
    const received = values.get(`${name}-digest`);
    return [
      ...(value === undefined ? [] : [computed(name, digestField(sha256(Buffer.from(value, 'latin1'))))]),
      ...(received === undefined ? [] : [[`${name}-digest received`, shown(received)] as [string, string]]),
    ];
  });
  return Object.fromEntries(facts);
}

function computed(name: string, digest: string): [string, string] {
  return [`${name}-digest computed`, digest];
}

/** A digest field as it was sent. A client that puts the credential itself there has told enough people. */
function shown(field: string): string {
  return /^(?:none|sha-256=:[A-Za-z0-9+/=]{0,64}:)$/.test(field) ? field : '(of another form, not shown)';
}

/** The digest of the body that is here and the one that was sent, and its lengths. */
export function contentFacts({ fields, framing }: RequestHead, body: Uint8Array | undefined): Facts {
  return {
    computed: digestField(contentDigest(body)),
    received: shown(fields.values.get('content-digest') ?? 'none'),
    length: String(body?.length ?? 0),
    ...(framing.length === undefined ? {} : { announced: String(framing.length) }),
  };
}

function digestField(digest: Uint8Array): string {
  return `sha-256=:${toBase64(digest)}:`;
}

const credentialLine = /^("[^"\n]*(?:authorization|cookie|token|secret|password|api-?key)[^"\n]*": ).*$/gm;

/** A base as people may see it: a client may cover what nobody else should read. Digests of credentials stay. */
export function withoutCredentials(base: string): string {
  return base.replace(credentialLine, (line, name: string) =>
    name.endsWith('-digest": ') ? line : `${name}(not shown)`,
  );
}

/** Seconds since 1970 as a time; the number itself beyond the year 9999. */
export function moment(seconds: number): string {
  return seconds < 253402300800 ? timeOf(seconds) : String(seconds);
}

/** How far before it is judged something was, in seconds. */
export function apart(seconds: number): string {
  if (seconds === 0) return 'the time as at which it is judged';
  return seconds > 0
    ? `${String(seconds)} s before it is judged`
    : `${String(-seconds)} s after it is judged`;
}

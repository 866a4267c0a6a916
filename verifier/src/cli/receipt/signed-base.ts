import { parseProof } from '../../http/proof.ts';
import { parseTarget } from '../../http/request-target.ts';
import { Refused } from '../../refused.ts';

/** What the signature base of a receipt says: the request that was signed. Nothing of it is verified. */
export type SignedBase = {
  readonly method: string;
  /** The licensed origin, and the raw request target. */
  readonly origin: string;
  readonly target: string;
  readonly deployment: string;
  readonly keyid: string;
  readonly nonce: string;
  /** Seconds since 1970, by the client's clock. */
  readonly created: number;
  readonly expires: number | null;
  readonly hasBody: boolean;
  /** The attestation that a copy of an app sent; null without one. */
  readonly attestation: string | null;
};

const paramsStart = '"@signature-params": ';
const nameAndValue = /^"([^"\\]{1,100})": (.*)$/;
const methodPattern = /^[A-Za-z0-9-]{1,32}$/;
const originPattern = /^https?:\/\/[a-z0-9.:[\]-]{1,260}(?=\/)/;
/** What no verifier would have taken into a base. */
const credentials = ['authorization', 'cookie', 'proxy-authorization'];
/** As long as a signature is: only the parameters are read here. */
const signature = `app=:${'A'.repeat(86)}==:`;
const noneRepeated: ReadonlySet<string> = new Set();

/**
 * Reads a signature base (RFC 9421 §2.5, SPEC §10.2 and §10.3): one line for each component, in the order of its last line, which is in
 * its one spelling. Throws `proof_malformed`, `proof_coverage`, `proof_missing`, `proof_repeated`, `too_large`, `method_malformed`, `target_malformed`.
 */
export function readSignedBase(base: string): SignedBase {
  if (!/^[\t\n\x20-\x7e]*$/.test(base)) throw malformed('has characters beyond ASCII, or control characters');
  const end = base.lastIndexOf('\n');
  const last = base.slice(end + 1);
  if (!last.startsWith(paramsStart)) throw malformed('does not end with the signature parameters');
  const input = last.slice(paramsStart.length);
  const fields = new Map([
    ['signature-input', `app=${input}`],
    ['signature', signature],
  ]);
  const proof = parseProof({ values: fields, repeated: noneRepeated });
  if (proof.parameters !== input) throw malformed('has its parameters in another than their one spelling');
  const lines = end < 0 ? [] : base.slice(0, end).split('\n');
  if (lines.length !== proof.components.length) throw malformed('has more or fewer lines than it covers');
  const values = new Map<string, string>();
  lines.forEach((line, i) => {
    const [, name = '', value = ''] = nameAndValue.exec(line) ?? [];
    if (name !== proof.components[i]) throw malformed(`has another line than "${proof.components[i] ?? ''}"`);
    values.set(name, value);
  });
  const valueOf = (name: string): string => {
    const value = values.get(name);
    if (value === undefined) throw new Refused('proof_coverage', `It does not cover "${name}".`);
    return value;
  };
  const covered = credentials.find((name) => values.has(name));
  if (covered !== undefined)
    throw new Refused('proof_coverage', `It covers "${covered}" itself, a credential.`);
  const uri = valueOf('@target-uri');
  const [origin] = originPattern.exec(uri) ?? [];
  if (origin === undefined) throw new Refused('target_malformed', 'It is not signed for an origin.');
  const method = valueOf('@method');
  if (!methodPattern.test(method)) throw new Refused('method_malformed');
  return {
    method,
    origin,
    target: parseTarget(uri.slice(origin.length)),
    deployment: valueOf('appwarrant-deployment'),
    keyid: proof.keyid,
    nonce: proof.nonce,
    created: proof.created,
    expires: proof.expires,
    hasBody: values.has('content-digest'),
    attestation: values.get('oauth-client-attestation') ?? null,
  };
}

function malformed(what: string): Refused {
  return new Refused('proof_malformed', `The signature base ${what}.`);
}

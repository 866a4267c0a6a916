import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importEd25519, importP256, isSignatureBy, type PublicKey } from '../../src/crypto.ts';
import { toDer } from '../../src/http/ecdsa-der.ts';
import type { RequestToCheck } from '../../src/http/request-head.ts';
import { signatureBase } from '../../src/http/signature-base.ts';
import { parseDictionary, serializeInnerList } from '../../src/http/structured-fields.ts';
import { isOrigin } from '../../src/origin.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { Refused } from '../../src/refused.ts';
import { makeKey, signRequest, withHeader } from './sign.ts';
import { deployment, makeSite } from './site.ts';

// The signed and unsigned requests that another profile of RFC 9421 publishes for its implementations, put into ours: the deployment is
// covered where that profile covers the authority, the digest of the body is covered too, tag and key are ours, and what was rightly
// signed is signed again. What is wrong with a request stays wrong. Where that profile and this one judge differently, it says why.

type Published = {
  readonly reference_now: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly expected_signature_base?: string;
  readonly expected_outcome: { readonly success: boolean };
};
type Judged = {
  readonly file: string;
  readonly ours: 'admitted' | ReasonCode;
  /** Why that profile judges otherwise. */
  readonly why?: string;
};

const folder = new URL('../vectors/http-signatures/', import.meta.url);
const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

const noCanonicalOrigin = 'an origin has one spelling, which the licence holds; no other is made into it';
const judged: readonly Judged[] = [
  { file: 'positive__001-basic-post', ours: 'admitted' },
  {
    file: 'positive__002-post-with-content-digest',
    ours: 'proof_malformed',
    why: 'its digest is in base64url, which no structured field has; that profile has mended it since',
  },
  { file: 'positive__003-es256-post', ours: 'admitted' },
  {
    file: 'positive__004-multiple-signature-labels',
    ours: 'proof_repeated',
    why: 'of two signatures with our tag, two programs could take a different one each',
  },
  { file: 'positive__005-default-port-stripped', ours: 'origin_malformed', why: noCanonicalOrigin },
  {
    file: 'positive__006-dot-segment-path',
    ours: 'target_malformed',
    why: 'what a router resolves is refused; it is not resolved here in the hope that the router does the same',
  },
  { file: 'positive__007-query-byte-preserved', ours: 'admitted' },
  { file: 'positive__008-percent-encoded-path', ours: 'admitted' },
  { file: 'positive__009-percent-encoded-unreserved-decoded', ours: 'admitted' },
  { file: 'positive__010-percent-encoded-slash-preserved', ours: 'admitted' },
  { file: 'positive__011-ipv6-authority', ours: 'admitted' },
  {
    file: 'positive__012-ipv6-authority-default-port-stripped',
    ours: 'origin_malformed',
    why: noCanonicalOrigin,
  },
  { file: 'profile-3.2__positive__001-post-with-content-digest', ours: 'admitted' },
  { file: 'negative__001-no-signature-header', ours: 'proof_missing' },
  { file: 'negative__002-wrong-tag', ours: 'proof_missing' },
  { file: 'negative__003-expired-signature', ours: 'proof_stale' },
  {
    file: 'negative__004-window-too-long',
    ours: 'admitted',
    why: 'the window is measured from `created`; `expires` may only shorten it',
  },
  { file: 'negative__005-alg-not-allowed', ours: 'proof_malformed' },
  { file: 'negative__006-missing-covered-component', ours: 'proof_coverage' },
  { file: 'negative__007-missing-content-digest', ours: 'proof_coverage' },
  { file: 'negative__008-unknown-keyid', ours: 'app_not_approved' },
  { file: 'negative__009-key-ops-missing-verify', ours: 'app_not_approved' },
  { file: 'negative__010-content-digest-mismatch', ours: 'digest_mismatch' },
  { file: 'negative__011-malformed-header', ours: 'proof_malformed' },
  {
    file: 'negative__012-missing-expires-param',
    ours: 'admitted',
    why: 'how long a proof lasts is the verifier’s to say; `expires` is optional',
  },
  { file: 'negative__013-expires-le-created', ours: 'proof_malformed' },
  { file: 'negative__014-missing-nonce-param', ours: 'proof_malformed' },
  // Its 66 bytes are no r and s.
  { file: 'negative__015-signature-invalid', ours: 'proof_malformed' },
  { file: 'negative__016-replayed-nonce', ours: 'replayed' },
  { file: 'negative__017-key-revoked', ours: 'app_not_approved' },
  {
    file: 'negative__018-digest-covered-when-forbidden',
    ours: 'admitted',
    why: 'the digest of a body is always covered; no server may forbid it',
  },
  { file: 'negative__019-signature-without-signature-input', ours: 'proof_missing' },
  {
    file: 'negative__020-rate-abuse',
    ours: 'admitted',
    why: 'no key has a share of the table of nonces: a full one refuses with `replay_table_full` (replay.test.ts)',
  },
  { file: 'negative__021-duplicate-signature-input-label', ours: 'proof_malformed' },
  {
    file: 'negative__022-multi-valued-content-type',
    ours: 'admitted',
    why: 'a field that comes once is covered byte for byte, with a comma or without; one that comes twice refuses (`header_repeated`)',
  },
  { file: 'negative__023-multi-valued-content-digest', ours: 'proof_malformed' },
  { file: 'negative__024-unquoted-string-param', ours: 'proof_malformed' },
  { file: 'negative__025-jwk-alg-crv-mismatch', ours: 'app_not_approved' },
  { file: 'negative__026-non-ascii-host', ours: 'origin_malformed' },
  { file: 'negative__027-webhook-registration-authentication-unsigned', ours: 'proof_missing' },
  { file: 'negative__028-unsigned-protocol-method-required', ours: 'proof_missing' },
  { file: 'profile-3.2__negative__001-base64url-sf-binary', ours: 'proof_malformed' },
  { file: 'profile-3.2__negative__002-multiple-trailing-dots', ours: 'origin_malformed' },
];

const stranger = makeKey();
const is = (file: string, ...numbers: readonly string[]) => numbers.some((each) => file.startsWith(each));

/** Puts a published request into this profile, and has it judged by the whole check at the time that it names. */
function judge(file: string, { request, reference_now }: Published): string {
  const [, origin = '', target = ''] = /^(https?:\/\/[^/?#]*)(.*)$/.exec(request.url) ?? [];
  if (!isOrigin(origin)) return 'origin_malformed';
  const site = makeSite({ options: { origin } });
  site.clock.ms = reference_now * 1000;
  const ours = put(file, request, { origin, target, key: site.key });
  try {
    // What is wrong with this one is that it comes again.
    if (is(file, 'negative__016')) site.checker.check(ours);
    site.checker.check(ours);
    return 'admitted';
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
}

function put(
  file: string,
  { method, headers, body = '' }: Published['request'],
  { key, ...at }: { origin: string; target: string; key: ReturnType<typeof makeKey> },
): RequestToCheck {
  const { 'Signature-Input': theirs, Signature: signature, ...fields } = headers;
  const to = { ...at, key, deployment, method, body, created: 0, headers: Object.entries(fields) };
  const input = theirs
    ?.replaceAll('"@authority"', '"appwarrant-deployment"')
    .replaceAll('tag="adcp/request-signing/v1"', 'tag="app-attestation"')
    .replaceAll('alg="ed25519"', 'alg="ecdsa-p256-sha256"')
    .replaceAll(/keyid="([^"]*)"/g, (_, name: string) => {
      const known = ['test-ed25519-2026', 'test-es256-2026'].includes(name);
      return `keyid="${known ? key.thumbprint : stranger.thumbprint}"`;
    });
  const [, label, names = '', parameters] = /^(\w+)=\(([^)]*)\)([^(]*)$/.exec(input ?? '') ?? [];
  if (label === undefined || parameters === undefined) {
    // Nothing here can be signed again: the fields are as they were sent.
    const request = withHeader(signRequest(to), 'Signature-Input', input);
    return withHeader(request, 'Signature', signature);
  }
  const covered: readonly string[] = names.match(/[^" ]+/g) ?? [];
  const leavesDigest = covered.includes('content-digest') || is(file, 'negative__007');
  const cover = leavesDigest ? covered : [...covered, 'content-digest'];
  const signed = signRequest({ ...to, cover, label, parameters });
  // Where the signature itself is what is wrong, it is not mended by signing again.
  return signature !== undefined && is(file, 'negative__015', 'profile-3.2__negative__001')
    ? withHeader(signed, 'Signature', signature)
    : signed;
}

describe('A published request, put into this profile,', () => {
  it('is one of those that stand here', () => {
    const files = readdirSync(folder).filter((file) => /negative|positive/.test(file));
    expect(judged.map(({ file }) => `${file}.json`).sort()).toEqual(files.sort());
  });

  it.each(judged)('$file: $ours', ({ file, ours, why }) => {
    const published = read(`${file}.json`) as Published;
    expect(judge(file, published)).toBe(ours);
    // Every deviation is argued, and nothing else is.
    expect(why !== undefined).toBe((ours === 'admitted') !== published.expected_outcome.success);
  });
});

describe('A published base', () => {
  const keys = (read('keys.json') as { keys: { kid: string; x: string; y?: string }[] }).keys;
  const keyOf = (input: string): PublicKey => {
    const { x = '', y } = keys.find(({ kid }) => input.includes(`keyid="${kid}"`)) ?? {};
    return y === undefined ? importEd25519(Buffer.from(x, 'base64url')) : importP256({ x, y });
  };
  const positive = judged.filter(
    ({ file }) =>
      (read(`${file}.json`) as Published).expected_signature_base !== undefined && file.includes('positive'),
  );

  it.each(positive)('is that of $file, and what was signed, with the published target URI', ({ file }) => {
    const { request, expected_signature_base: expected = '' } = read(`${file}.json`) as Published;
    const input = request.headers['Signature-Input'] ?? '';
    const member = [...parseDictionary('Signature-Input', input).values()][0];
    if (member?.kind !== 'list') throw new Error('no inner list');
    const values = new Map(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const uri = /"@target-uri": (.*)/.exec(expected)?.[1] ?? '';
    values.set('@method', request.method).set('@target-uri', uri).set('@authority', new URL(uri).host);
    const components = member.items.map(({ item }) => {
      if (item.kind !== 'string') throw new Error('not a string');
      return [item.value, values.get(item.value) ?? ''] as const;
    });
    const base = signatureBase(components, serializeInnerList(member));
    expect(base).toBe(expected);
    const [, text = ''] = /^\w+=:([^:]*):/.exec(request.headers['Signature'] ?? '') ?? [];
    const key = keyOf(input);
    const raw = Buffer.from(text, text.includes('=') ? 'base64' : 'base64url');
    const signature = key.kind === 'ed25519' ? raw : (toDer(raw) ?? raw);
    expect(isSignatureBy(key, Buffer.from(base), signature)).toBe(true);
  });

  it('has the target URI as it was sent, where that profile spells it anew: the router sees no other', () => {
    const sent = positive.filter(({ file, ours }) => {
      const { request, expected_signature_base: expected = '' } = read(`${file}.json`) as Published;
      return ours === 'admitted' && !expected.includes(`"@target-uri": ${request.url}\n`);
    });
    expect(sent.map(({ file }) => file)).toEqual([
      'positive__008-percent-encoded-path',
      'positive__009-percent-encoded-unreserved-decoded',
    ]);
  });
});

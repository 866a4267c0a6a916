import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importP256, isSignatureBy } from '../../src/crypto.ts';
import { readDigest } from '../../src/http/digest-fields.ts';
import { toDer } from '../../src/http/ecdsa-der.ts';
import { parseProof } from '../../src/http/proof.ts';
import { signatureBase } from '../../src/http/signature-base.ts';
import { parseDictionary, serializeInnerList } from '../../src/http/structured-fields.ts';
import { expectRefused } from './site.ts';

const folder = new URL('../vectors/', import.meta.url);
const json = (path: string): unknown => JSON.parse(readFileSync(new URL(path, folder), 'utf8'));

describe('RFC 9421, example B.2.4', () => {
  const key = importP256({
    x: 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA',
    y: 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0',
  });
  const digest =
    'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:';
  const input =
    'sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"';
  const signature =
    'sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:';
  const values = new Map([
    ['@status', '200'],
    ['content-type', 'application/json'],
    ['content-digest', digest],
    ['content-length', '23'],
  ]);

  it('has the published base, and its signature is valid', () => {
    const base = baseOf(input, 'sig-b24', values);
    expect(base).toBe(
      [
        '"@status": 200',
        '"content-type": application/json',
        `"content-digest": ${digest}`,
        '"content-length": 23',
        `"@signature-params": ${input.slice('sig-b24='.length)}`,
      ].join('\n'),
    );
    expect(isSignatureBy(key, Buffer.from(base), derOf(signature, 'sig-b24'))).toBe(true);
    expect(isSignatureBy(key, Buffer.from(`${base}\n`), derOf(signature, 'sig-b24'))).toBe(false);
  });
});

describe('published requests of another profile', () => {
  type Published = {
    readonly name: string;
    readonly request: {
      readonly method: string;
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
    };
    readonly expected_signature_base?: string;
  };
  const files = readdirSync(new URL('http-signatures/', folder));
  const published = (kind: string) =>
    files
      .filter((file) => file.includes(kind))
      .map((file) => ({ file, ...(json(`http-signatures/${file}`) as Published) }));

  it.each(published('positive__'))('$file has the published base', ({ request, expected_signature_base }) => {
    const values = new Map(
      Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    values
      .set('@method', request.method)
      .set('@target-uri', request.url)
      .set('@authority', new URL(request.url).host);
    expect(baseOf(request.headers['Signature-Input'] ?? '', 'sig1', values)).toBe(expected_signature_base);
  });

  it('the P-256 one is valid', () => {
    const { request, expected_signature_base } = published('positive__003')[0] as Published;
    const { keys } = json('http-signatures/keys.json') as { keys: { x: string; y: string }[] };
    // That profile wrote base64url between the colons, which a structured field does not allow.
    const text = /:(.*):/.exec(request.headers['Signature'] ?? '')?.[1] ?? '';
    const der = toDer(Buffer.from(text, 'base64url'));
    expect(der).toBeDefined();
    expectRefused(() => parseDictionary('Signature', request.headers['Signature'] ?? ''), 'proof_malformed');
    const key = importP256(keys[0] ?? { x: '', y: '' });
    expect(isSignatureBy(key, Buffer.from(expected_signature_base ?? ''), der ?? Buffer.alloc(0))).toBe(true);
  });

  it.each(published('negative__'))('$file is malformed here too', ({ request }) => {
    const { headers } = request;
    const work = () => {
      if (headers['Content-Digest'] !== undefined) readDigest('Content-Digest', headers['Content-Digest']);
      // Their tag, component and key names are not ours; what we read of a proof is read in the same way for all.
      const input = (headers['Signature-Input'] ?? '').replace(/tag="[^"]*"/, 'tag="app-attestation"');
      const values = new Map([
        ['signature-input', input],
        ['signature', headers['Signature'] ?? ''],
      ]);
      parseProof({ values, repeated: new Set() });
    };
    expectRefused(work, 'proof_malformed');
  });
});

describe('an ECDSA signature of 64 bytes', () => {
  type Wycheproof = {
    readonly numberOfTests: number;
    readonly testGroups: readonly {
      readonly publicKeyPem: string;
      readonly tests: readonly {
        readonly tcId: number;
        readonly comment: string;
        readonly msg: string;
        readonly sig: string;
        readonly result: string;
      }[];
    }[];
  };
  const vectors = json('wycheproof/ecdsa_secp256r1_sha256_p1363_test.json') as Wycheproof;

  it('is valid exactly where the published cases say so', () => {
    let seen = 0;
    for (const { publicKeyPem, tests } of vectors.testGroups) {
      const key = { kind: 'ecdsa-p256-sha256', object: createPublicKey(publicKeyPem) } as const;
      for (const { tcId, comment, msg, sig, result } of tests) {
        const der = toDer(Buffer.from(sig, 'hex'));
        const valid = der !== undefined && isSignatureBy(key, Buffer.from(msg, 'hex'), der);
        expect(`${String(tcId)} ${comment}: ${valid ? 'valid' : 'invalid'}`).toBe(
          `${String(tcId)} ${comment}: ${result}`,
        );
        seen += 1;
      }
    }
    expect(seen).toBe(vectors.numberOfTests);
  });

  it('has no form in DER at any other length', () => {
    for (const length of [0, 1, 63, 65, 128]) expect(toDer(new Uint8Array(length))).toBeUndefined();
  });

  it('is written with the fewest bytes that DER allows', () => {
    const of = (r: number[], s: number[]) => {
      const bytes = new Uint8Array(64);
      bytes.set(r, 32 - r.length);
      bytes.set(s, 64 - s.length);
      return [...(toDer(bytes) ?? [])];
    };
    expect(of([], [])).toEqual([0x30, 6, 2, 1, 0, 2, 1, 0]);
    expect(of([0x7f], [0x80])).toEqual([0x30, 7, 2, 1, 0x7f, 2, 2, 0, 0x80]);
  });
});

function baseOf(input: string, label: string, values: ReadonlyMap<string, string>): string {
  const member = parseDictionary('Signature-Input', input).get(label);
  if (member?.kind !== 'list') throw new Error('no inner list');
  const components = member.items.map(({ item }) => {
    if (item.kind !== 'string') throw new Error('not a string');
    return [item.value, values.get(item.value) ?? ''] as const;
  });
  return signatureBase(components, serializeInnerList(member));
}

function derOf(signature: string, label: string): Uint8Array {
  const member = parseDictionary('Signature', signature).get(label);
  const der = member?.kind === 'item' && member.item.kind === 'bytes' ? toDer(member.item.value) : undefined;
  if (der === undefined) throw new Error('no signature of 64 bytes');
  return der;
}

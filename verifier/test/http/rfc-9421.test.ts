import { constants, createHmac, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { importEd25519, importP256, isSignatureBy } from '../../src/crypto.ts';
import { contentDigest, readDigest } from '../../src/http/digest-fields.ts';
import { toDer } from '../../src/http/ecdsa-der.ts';
import { parseProof } from '../../src/http/proof.ts';
import { signatureBase } from '../../src/http/signature-base.ts';
import { parseDictionary, serializeInnerList } from '../../src/http/structured-fields.ts';
import { expectRefused } from './site.ts';

// The signatures of RFC 9421, appendix B.2. Each published signature is checked over the base that is computed here, so that a base
// that differed by one byte would show. None of them is a proof of this profile, which the last test argues.

const sha512 =
  'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:';
const request = new Map([
  ['@method', 'POST'],
  ['@authority', 'example.com'],
  ['@path', '/foo'],
  ['@query', '?param=Value&Pet=dog'],
  ['date', 'Tue, 20 Apr 2021 02:07:55 GMT'],
  ['content-type', 'application/json'],
  ['content-digest', sha512],
  ['content-length', '18'],
]);
const response = new Map([
  ['@status', '200'],
  ['content-type', 'application/json'],
  [
    'content-digest',
    'sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:',
  ],
  ['content-length', '23'],
]);

const rsa = [
  '-----BEGIN PUBLIC KEY-----',
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2',
  '+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+',
  'oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq',
  'gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W',
  'Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4',
  'aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI',
  '2wIDAQAB',
  '-----END PUBLIC KEY-----',
].join('\n');
const secret = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';

/** RSASSA-PSS with SHA-512 and HMAC are no algorithms of this package: these are Node's. */
const byRsa = (base: Uint8Array, signature: Uint8Array): boolean =>
  verify('sha512', base, { key: rsa, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }, signature);
const byHmac = (base: Uint8Array, signature: Uint8Array): boolean =>
  createHmac('sha256', Buffer.from(secret, 'base64')).update(base).digest().equals(signature);
const byEd25519 = (base: Uint8Array, signature: Uint8Array): boolean =>
  isSignatureBy(
    importEd25519(Buffer.from('JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs', 'base64url')),
    base,
    signature,
  );
const byP256 = (base: Uint8Array, signature: Uint8Array): boolean => {
  const x = 'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA';
  const y = 'Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0';
  return isSignatureBy(importP256({ x, y }), base, toDer(signature) ?? new Uint8Array());
};

type Example = {
  readonly example: string;
  readonly label: string;
  readonly of: ReadonlyMap<string, string>;
  readonly input: string;
  readonly signature: string;
  readonly by: (base: Uint8Array, signature: Uint8Array) => boolean;
};

const examples: readonly Example[] = [
  {
    example: 'B.2.1, which covers nothing',
    label: 'sig-b21',
    of: request,
    input: '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    signature:
      'd2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==',
    by: byRsa,
  },
  {
    example: 'B.2.2, which covers a member of the query',
    label: 'sig-b22',
    of: request,
    input:
      '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    signature:
      'LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==',
    by: byRsa,
  },
  {
    example: 'B.2.3, which covers all',
    label: 'sig-b23',
    of: request,
    input:
      '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
    signature:
      'bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==',
    by: byRsa,
  },
  {
    example: 'B.2.4, a response, with P-256',
    label: 'sig-b24',
    of: response,
    input:
      '("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"',
    signature: 'wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==',
    by: byP256,
  },
  {
    example: 'B.2.5, with a shared secret',
    label: 'sig-b25',
    of: request,
    input: '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    signature: 'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
    by: byHmac,
  },
  {
    example: 'B.2.6, with Ed25519',
    label: 'sig-b26',
    of: request,
    input:
      '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    signature: 'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
    by: byEd25519,
  },
];

/** The base, computed by the verifier's own functions from what was received. */
function baseOf({ label, input, of }: Example): string {
  const member = parseDictionary('Signature-Input', `${label}=${input}`).get(label);
  if (member?.kind !== 'list') throw new Error('no inner list');
  const components = member.items.map(({ item, parameters }) => {
    if (item.kind !== 'string') throw new Error('not a string');
    // Parameters of components are none of ours: the one line that has some is written out.
    if (parameters.size > 0) return ['@query-param";name="Pet', 'dog'] as const;
    return [item.value, of.get(item.value) ?? ''] as const;
  });
  return signatureBase(components, serializeInnerList(member));
}

function signatureOf({ label, signature }: Example): Uint8Array {
  const member = parseDictionary('Signature', `${label}=:${signature}:`).get(label);
  if (member?.kind !== 'item' || member.item.kind !== 'bytes') throw new Error('no bytes');
  return member.item.value;
}

describe('RFC 9421', () => {
  it.each(examples)(
    '$example: the published signature is valid over our base, and over no other',
    (example) => {
      const base = baseOf(example);
      const signature = signatureOf(example);
      expect(base.endsWith(`"@signature-params": ${example.input}`)).toBe(true);
      expect(example.by(Buffer.from(base), signature)).toBe(true);
      expect(example.by(Buffer.from(`${base}\n`), signature)).toBe(false);
      expect(example.by(Buffer.from(base.replace('1618884473', '1618884474')), signature)).toBe(false);
    },
  );

  it('B.2.4 has the published base, line by line', () => {
    const example = examples[3] as Example;
    expect(baseOf(example).split('\n')).toEqual([
      '"@status": 200',
      '"content-type": application/json',
      `"content-digest": ${response.get('content-digest') ?? ''}`,
      '"content-length": 23',
      `"@signature-params": ${example.input}`,
    ]);
  });

  it('B.2 digests its request with SHA-512 alone; of the same body RFC 9530 gives the SHA-256 that is read here', () => {
    expectRefused(() => readDigest('content-digest', sha512), 'proof_malformed');
    const both = `${sha512}, sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:`;
    const digest = contentDigest(Buffer.from('{"hello": "world"}'));
    expect(Buffer.from(readDigest('content-digest', both))).toEqual(Buffer.from(digest));
  });

  it.each(examples)(
    '$example: is no proof of this profile, which asks for a tag, a nonce, a thumbprint as keyid and plain components',
    (example) => {
      const read = (input: string) =>
        parseProof({
          values: new Map([
            ['signature-input', `${example.label}=${input}`],
            ['signature', `${example.label}=:${example.signature}:`],
          ]),
          repeated: new Set(),
        });
      expectRefused(() => read(example.input), 'proof_missing');
      const tagged = `${example.input.replace(';tag="header-example"', '')};tag="app-attestation"`;
      expectRefused(() => read(tagged), 'proof_malformed');
      const named = tagged
        .replace(/keyid="[^"]*"/, `keyid="${'A'.repeat(43)}"`)
        .replace(/;nonce="[^"]*"/, '');
      const whole = `${named};nonce="${'A'.repeat(22)}"`;
      if (example.label === 'sig-b22') expectRefused(() => read(whole), 'proof_coverage');
      else if (signatureOf(example).length !== 64) expectRefused(() => read(whole), 'proof_malformed');
      else expect(read(whole).created).toBe(1618884473);
    },
  );
});

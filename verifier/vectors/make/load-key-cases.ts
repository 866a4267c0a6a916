import { createPrivateKey, createPublicKey } from 'node:crypto';
import { p384 } from '@noble/curves/nist.js';
import type { JsonObject } from '../../src/json.ts';
import { sealAs, type TufSigner } from '../../test/compose/tuf-signer.ts';
import { digestOf, keyOf, signerOf, tufSigner } from './keys.ts';
import { acceptedLoad, bare, refusedLoad } from './load-case.ts';
import { rsaPem, shortRsaPem, signPss, signPssSaltedWith20, signPssWithShortKey } from './rsa-key.ts';
import type { Made } from './vector-case.ts';
import { customer, filesNow, loadInput, makeWorld, pack, type World } from './world.ts';

// Keys of roles: which of them count, and that each counts once however it is written (SPEC §2, §7.1, 3).

/** A bundle whose customer's role needs a signature of each of these keys, and has it. */
function signedByAll(world: World, signers: readonly TufSigner[]): Uint8Array {
  const named = signers.map((signer, i) => ({ ...signer, keyId: `key ${String(i + 1)}` }));
  const keyids = named.map(({ keyId }) => keyId);
  const files = filesNow(world, (role, signed) => {
    if (role !== 'registry') return signed;
    const delegations = signed.delegations as { readonly roles: readonly JsonObject[] };
    const keys = Object.fromEntries(named.map(({ keyId, key }) => [keyId, key]));
    const roles = delegations.roles.map((each) => ({ ...each, keyids, threshold: keyids.length }));
    return { ...signed, delegations: { keys, roles } };
  });
  const sealed = files.map(([name, bytes]): [string, Uint8Array] => {
    if (!name.includes(customer)) return [name, bytes];
    const { signed } = JSON.parse(Buffer.from(bytes).toString()) as { signed: JsonObject };
    return [name, sealAs(signed, named, JSON.stringify)];
  });
  return pack(world, sealed);
}

/** The customer's role signed with keys of which one does not count. */
function uncounted(
  name: string,
  about: string,
  right: readonly TufSigner[],
  wrong: readonly TufSigner[],
  spec: readonly string[] = ['2'],
): Made {
  return refusedLoad('metadata_threshold', name, about, spec, (defect, world) => ({
    bundle: signedByAll(world, defect(right, wrong)),
  }));
}

const ecdsaPem = (label: string): string =>
  createPublicKey(keyOf(label).privateKey).export({ type: 'spki', format: 'pem' }).toString();

/** An ECDSA key of the repository, its PEM and its type written in some way. */
function ecdsa(label: string, pem = ecdsaPem(label), keytype = 'ecdsa'): TufSigner {
  const key = { keytype, keyval: { public: pem }, scheme: 'ecdsa-sha2-nistp256' };
  return tufSigner(key, keyOf(label).signDer);
}

function rsa(pem = rsaPem, by = signPss): TufSigner {
  return tufSigner({ keytype: 'rsa', keyval: { public: pem }, scheme: 'rsassa-pss-sha256' }, by);
}

/** A key of another curve, whose signatures are valid. */
function onP384(): TufSigner {
  const secret = Buffer.from(digestOf('p384').repeat(2).slice(0, 96), 'hex');
  const point = Buffer.from(p384.getPublicKey(secret, false));
  const half = (from: number): string => point.subarray(from, from + 48).toString('base64url');
  const jwk = { crv: 'P-384', kty: 'EC', x: half(1), y: half(49), d: secret.toString('base64url') };
  const pem = createPublicKey(createPrivateKey({ key: jwk, format: 'jwk' }));
  const key = {
    keytype: 'ecdsa',
    keyval: { public: pem.export({ type: 'spki', format: 'pem' }).toString() },
    scheme: 'ecdsa-sha2-nistp384',
  };
  return tufSigner(key, (data) => p384.sign(data, secret, { prehash: true, lowS: false, format: 'der' }));
}

/** The neutral point as a key: with itself as R, and S = 0, everybody can sign everything with it. */
function smallOrder(): TufSigner {
  const neutral = `01${'00'.repeat(31)}`;
  const key = { keytype: 'ed25519', keyval: { public: neutral }, scheme: 'ed25519' };
  return tufSigner(key, () => Buffer.concat([Buffer.from(neutral, 'hex'), Buffer.alloc(32)]));
}

const rewrapped = (pem: string): string => {
  const lines = pem.trimEnd().split('\n');
  return [lines[0], lines.slice(1, -1).join(''), lines.at(-1)].join('\n');
};

export function loadKeyCases(): Made[] {
  const spec = ['2', '7.1'];
  const [one, other] = [ecdsa('tuf ecdsa'), ecdsa('tuf ecdsa 2')];
  const otherName = makeWorld(bare);
  return [
    acceptedLoad(
      'ecdsa-under-its-other-name',
      "An ECDSA key of the keytype ecdsa-sha2-nistp256, in a PEM with another key's line ends.",
      '2',
      loadInput(otherName, [
        {
          bundle: signedByAll(otherName, [
            ecdsa('tuf ecdsa', ecdsaPem('tuf ecdsa').replaceAll('\n', '\r\n'), 'ecdsa-sha2-nistp256'),
          ]),
        },
      ]),
      { customer },
    ),
    uncounted(
      'ecdsa-key-in-two-spellings',
      "The customer's role needs two signatures, and one ECDSA key stands there in two spellings of PEM.",
      [one, other],
      [one, ecdsa('tuf ecdsa', ecdsaPem('tuf ecdsa').replaceAll('\n', '\r\n'))],
      spec,
    ),
    uncounted(
      'ecdsa-key-under-two-types',
      "The customer's role needs two signatures, and one ECDSA key stands there under both names of its type.",
      [one, other],
      [one, ecdsa('tuf ecdsa', undefined, 'ecdsa-sha2-nistp256')],
      spec,
    ),
    uncounted(
      'rsa-key-in-two-spellings',
      "The customer's role needs two signatures, and one RSA key stands there in two spellings of PEM.",
      [rsa(), other],
      [rsa(), rsa(rewrapped(rsaPem))],
      spec,
    ),
    uncounted(
      'rsa-salt-of-20',
      "The RSA signature of the customer's role has a salt of 20 bytes.",
      [rsa()],
      [rsa(rsaPem, signPssSaltedWith20)],
    ),
    uncounted(
      'rsa-of-1024',
      "The customer's role is signed with an RSA key of 1024 bits.",
      [rsa()],
      [rsa(shortRsaPem, signPssWithShortKey)],
    ),
    uncounted('p-384', "The customer's role is signed with a key on P-384.", [one], [onP384()]),
    uncounted(
      'small-order',
      "The customer's role is signed with an Ed25519 key of small order, with which everybody can sign.",
      [signerOf('second')],
      [smallOrder()],
    ),
  ];
}

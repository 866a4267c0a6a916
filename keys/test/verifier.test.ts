import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  approvalChallenge,
  BUNDLE_MAGIC,
  canonical,
  fileText,
  merkleRoot,
  openBundle,
  parsePublicKey,
  sha256Hex,
  statementBytes,
  statementOf,
  timeOf,
  toBase64url,
} from '@appwarrant/verifier/formats';
import type { Anchor, Approver, JsonObject, JsonValue } from '@appwarrant/verifier/formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyRequest } from '../src/apply-request.ts';
import { TUF_SPEC_VERSION } from '../src/compose-root.ts';
import { composeNewRepository } from '../src/create-repository.ts';
import { createKeyFile } from '../src/file-signer.ts';
import { openRepository } from '../src/repository.ts';
import type { Change } from '../src/request.ts';
import { rotateRoot } from '../src/rotate-root.ts';
import { parseSealed } from '../src/sealed-document.ts';
import { sealMetadata } from '../src/seal.ts';
import type { Signer } from '../src/signer.ts';
import { creation, requestFor, rosterOf, SITE } from './table.ts';

// What the ceremony makes is opened by the verifier itself, in a bundle with one approved licence.

const folder = mkdtempSync(join(tmpdir(), 'appwarrant-keys-'));
const keys = join(folder, 'development-keys');
mkdirSync(keys);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = Math.floor(Date.parse('2026-11-01T13:00:00Z') / 1000);
const dates = { now, expires: '2031-01-01T00:00:00Z' };
const signer = (name: string): Signer => createKeyFile(join(keys, `${name}.pem`), null);
const [ann, ben, dan, tim, una] = ['ann', 'ben', 'dan', 'tim', 'una'].map(signer) as [
  Signer,
  Signer,
  Signer,
  Signer,
  Signer,
];
const online = { registry: signer('registry'), snapshot: signer('snapshot'), timestamp: signer('timestamp') };
const laterRegistry = signer('later');

const passkey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { crv, kty, x, y } = passkey.publicKey.export({ format: 'jwk' });
const alice: Approver = {
  id: `u-${'a'.repeat(26)}`,
  name: 'Alice',
  status: { kind: 'active' },
  keys: [{ id: 'YWxpY2U', alg: 'ES256', key: parsePublicKey({ crv, kty, x, y } as JsonValue) }],
};
const CUSTOMER = `c-${'c'.repeat(26)}`;

let roots: Uint8Array[] = [];
let registry = '';

beforeAll(async () => {
  const request = creation({
    keys: { registry: online.registry.key, snapshot: online.snapshot.key, timestamp: online.timestamp.key },
  });
  const rings = {
    root: { keys: [ann.key, ben.key], threshold: 2 },
    targets: { keys: [tim.key], threshold: 1 },
  };
  const first = composeNewRepository(request, rings, dates);
  registry = sha256Hex(canonical(first.root));
  const held = {
    roots: [await sealMetadata(first.root, [ann, ben])],
    targets: await sealMetadata(first.targets, [tim]),
  };

  const roster: Change = { kind: 'roster', roster: rosterOf(alice) };
  const answered = applyRequest(openRepository(held), requestFor(registry, roster), dates);
  const second = { ...held, targets: await sealMetadata(answered.targets!, [tim]) };

  const rotation = {
    registry,
    base: { root: 1, targets: 2 },
    root: { keys: [ben.key, dan.key], threshold: 2 },
    targets: { keys: [una.key], threshold: 1 },
  };
  const rotated = rotateRoot(openRepository(second), rotation, dates);
  const third = {
    roots: [...held.roots, await sealMetadata(rotated.root!, [ann, ben, dan])],
    targets: await sealMetadata(rotated.targets!, [una]),
  };

  const newKey: Change = { kind: 'online-keys', keys: { registry: laterRegistry.key } };
  const base = { root: 2, targets: 3 };
  const last = applyRequest(openRepository(third), requestFor(registry, newKey, { base }), dates);
  roots = third.roots;
  targets = await sealMetadata(last.targets!, [una]);
});
let targets: Uint8Array = new Uint8Array();

/** One passkey assertion over one statement, as WebAuthn makes it. */
function approve(bytes: Uint8Array, key: KeyObject): JsonObject {
  const challenge = toBase64url(approvalChallenge(merkleRoot([bytes])));
  const clientDataJSON = Buffer.from(
    JSON.stringify({ type: 'webauthn.get', challenge, origin: SITE.origins[0], crossOrigin: false }),
  );
  const rpIdHash = createHash('sha256').update(SITE.rpId).digest();
  const authenticatorData = Buffer.concat([rpIdHash, Buffer.from([0x05, 0, 0, 0, 0])]);
  const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientDataJSON).digest()]);
  return {
    approver: alice.id,
    key: 'YWxpY2U',
    size: 1,
    index: 0,
    path: [],
    authenticatorData: toBase64url(authenticatorData),
    clientDataJSON: toBase64url(clientDataJSON),
    signature: toBase64url(sign('sha256', signed, key)),
  };
}

function licence(): { path: string; target: JsonObject } {
  const custom = {
    kind: 'licence',
    customer: { id: CUSTOMER, name: 'Bakery' },
    deployments: [{ id: toBase64url(new Uint8Array(32)), origins: ['https://api.bakery.test'] }],
    partners: 'all',
    fresh: 86_400,
    grace: 86_400,
    issued: timeOf(now),
    validFrom: timeOf(now),
    expires: timeOf(now + 90 * 86_400),
  };
  const bytes = canonical(custom);
  const hashes = { sha256: sha256Hex(bytes) };
  const path = `${CUSTOMER}/licence/${hashes.sha256}`;
  const found = { registry, environment: 'production', role: CUSTOMER, path } as const;
  const statement = statementOf({ ...found, target: { length: bytes.length, hashes, custom } });
  const approvals = [approve(statementBytes(statement), passkey.privateKey)];
  return { path, target: { length: bytes.length, hashes, custom: { ...custom, approvals } } };
}

async function bundle(registrySigner: Signer): Promise<Uint8Array> {
  const head = { spec_version: TUF_SPEC_VERSION, version: 1, expires: timeOf(now + 30 * 86_400) };
  const { path, target } = licence();
  const { keyId, key } = registrySigner;
  const delegation = { keyids: [keyId], threshold: 1, terminating: true, name: CUSTOMER };
  const paths = [`${CUSTOMER}/licence/*`, `${CUSTOMER}/grant/*`];
  const meta = {
    'targets.json': { version: 4 },
    'registry.json': { version: 1 },
    [`${CUSTOMER}.json`]: { version: 1 },
  };
  const signed = {
    timestamp: {
      ...head,
      _type: 'timestamp',
      meta: { 'snapshot.json': { version: 1 } },
      'x-appwarrant': { auditHead: 'ab'.repeat(32), signedAt: timeOf(now) },
    },
    snapshot: { ...head, _type: 'snapshot', meta },
    registry: {
      ...head,
      _type: 'targets',
      targets: {},
      delegations: { keys: { [keyId]: key }, roles: [{ ...delegation, paths }] },
      'x-appwarrant': { revocations: [] },
    },
    customer: { ...head, _type: 'targets', targets: { [path]: target } },
  };
  const files: (readonly [string, Uint8Array])[] = [
    ...roots.map((root, index) => [`${index + 1}.root.json`, root] as const),
    ['timestamp.json', await sealMetadata(signed.timestamp, [online.timestamp])],
    ['1.snapshot.json', await sealMetadata(signed.snapshot, [online.snapshot])],
    ['4.targets.json', targets],
    ['1.registry.json', await sealMetadata(signed.registry, [registrySigner])],
    [`1.${CUSTOMER}.json`, await sealMetadata(signed.customer, [registrySigner])],
  ];
  const packed = files.map(([name, bytes]) => ({ name, bytes, zipped: gzipSync(bytes) }));
  const index = Buffer.from(
    fileText({
      customer: CUSTOMER,
      files: packed.map(({ bytes, name, zipped }) => {
        return { name, packed: zipped.length, length: bytes.length, digest: sha256Hex(bytes) };
      }),
      registry,
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(index.length);
  return Buffer.concat([Buffer.from(BUNDLE_MAGIC), length, index, ...packed.map(({ zipped }) => zipped)]);
}

function anchorOf(version: number): Anchor {
  const { signatures, signed } = parseSealed(roots[version - 1] ?? new Uint8Array(), 1 << 20, 'The root');
  const minimum = { targets: 1, signedAt: timeOf(now - 60) };
  return {
    vendor: { name: 'Acme', slug: 'acme' },
    registry,
    environment: 'production',
    root: { signatures, signed },
    minimum,
  };
}

const options = { deployment: null, held: null, floor: null, now, systemClock: now };

test.each([1, 2])(
  'The verifier follows roster, root and registry key through the ceremonies, from root %i on',
  async (version) => {
    const opened = openBundle(await bundle(laterRegistry), { ...options, anchor: anchorOf(version) });
    expect(opened.customer.name).toBe('Bakery');
    expect(opened.versions).toMatchObject({ root: 2, targets: 4 });
  },
);

test('The verifier refuses what the replaced registry key signed', async () => {
  const stolen = await bundle(online.registry);
  expect(() => openBundle(stolen, { ...options, anchor: anchorOf(1) })).toThrow(
    expect.objectContaining({ code: 'metadata_threshold' }),
  );
});

import { createHash, createPublicKey } from 'node:crypto';
import type { JsonObject } from '../../src/json.ts';
import { timeOf } from '../../src/time.ts';
import { anchorOf, approve, signRoot } from '../../test/compose/vendor.ts';
import { packBundle } from '../../test/compose/pack.ts';
import { sealAs } from '../../test/compose/tuf-signer.ts';
import { digestOf, idOf, keyOf, signerOf, tufSigner } from './keys.ts';
import { acceptedLoad, bare, floorAfter, floorOf } from './load-case.ts';
import { packedGzip } from './packed-gzip.ts';
import { storedGzip } from './stored-gzip.ts';
import { rsaPem, signPss } from './rsa-key.ts';
import type { Made } from './vector-case.ts';
import {
  addBuild,
  addGrant,
  addLicense,
  bundleNow,
  customer,
  day,
  filesNow,
  firstAnchor,
  loadInput,
  makeWorld,
  newYear,
  pack,
  partner,
  personOf,
  type World,
} from './world.ts';

// Bundles that load (SPEC §6, §7).

const all = (version: number) => ({ root: 1, targets: version, snapshot: version, timestamp: version });
const ids = (world: World) => world.vendor.people.map(({ id }) => id).sort();
const poison = Number.MAX_SAFE_INTEGER;

export function loadAcceptedCases(): Made[] {
  return [
    first(),
    ...encodings(),
    ...keys(),
    ...roots(),
    ...floors(),
    ...recoveries(),
    ...contents(),
    ...edges(),
  ];
}

function first(): Made {
  const world = makeWorld();
  const bundle = bundleNow(world);
  return acceptedLoad(
    'first',
    'The first bundle at a site, with everything that it leaves in the floor.',
    ['6', '7.1', '7.3'],
    loadInput(world, [{ bundle }]),
    {
      customer,
      versions: all(1),
      signedAt: timeOf(newYear),
      wall: timeOf(newYear + 400 * day),
      approved: [{ path: world.entry.path, people: ids(world) }],
      refused: [],
      floor: floorAfter(world, bundle),
    },
  );
}

/** Other ways to write the same. */
function encodings(): Made[] {
  const world = makeWorld(bare);
  const files = filesNow(world);
  const reformatted = files.map(([name, bytes]): [string, Uint8Array] => [
    name,
    Buffer.from(JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), null, 1)),
  ]);
  const registry = world.vendor.registry;
  const [packages, measured, newer] = [makeWorld(bare), makeWorld(bare), makeWorld(bare)];
  const target = { hashes: { sha256: digestOf('package') }, length: 1 };
  const listedPackages = { 'packages/x': target, [`packages/X${'_.-'.repeat(42)}x`]: target };
  return [
    acceptedLoad(
      'stored',
      'The files are stored in their gzip form, not compressed.',
      '6',
      loadInput(world, [{ bundle: packBundle(customer, registry, files, storedGzip) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'two-gzip-members',
      'A file is compressed in two members of gzip, one after the other.',
      '6',
      loadInput(world, [{ bundle: packBundle(customer, registry, files, inTwoMembers) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'gzip-with-file-name',
      'The files are compressed with a file name in the head of gzip.',
      '6',
      loadInput(world, [{ bundle: packBundle(customer, registry, files, withFileName) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'packages',
      'targets lists packages, with the shortest name and the longest.',
      '2',
      loadInput(packages, [
        {
          bundle: bundleNow(packages, (role, signed) =>
            role === 'targets' ? { ...signed, targets: listedPackages } : signed,
          ),
        },
      ]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'lengths-and-digests',
      'The timestamp and the snapshot tell lengths and digests, which are right.',
      ['2', '7.1'],
      loadInput(measured, [{ bundle: pack(measured, withMeasures(filesNow(measured))) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'other-spec-versions',
      'The timestamp is of version 1.1.0 of TUF, and the snapshot of 1.1.',
      '2',
      loadInput(newer, [
        {
          bundle: bundleNow(newer, (role, signed) => {
            if (role === 'timestamp') return { ...signed, spec_version: '1.1.0' };
            return role === 'snapshot' ? { ...signed, spec_version: '1.1' } : signed;
          }),
        },
      ]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'other-formatting',
      'The files have line ends and other orders: signatures are over the canonical form.',
      '1.2',
      loadInput(world, [{ bundle: pack(world, reformatted) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'unknown-members',
      'Members of TUF metadata that nobody knows are signed with the rest and mean nothing.',
      '2',
      loadInput(world, [
        {
          bundle: bundleNow(world, (role, signed) =>
            role === 'snapshot' ? { ...signed, 'x-note': { a: [1] } } : signed,
          ),
        },
      ]),
      { versions: all(2) },
    ),
  ];
}

function inTwoMembers(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([packedGzip(bytes.subarray(0, 100)), packedGzip(bytes.subarray(100))]);
}

/** RFC 1952: the flag FNAME, and a name up to a zero behind the ten bytes of the head. */
function withFileName(bytes: Uint8Array): Uint8Array {
  const packed = Buffer.from(packedGzip(bytes));
  packed[3] = 8;
  return Buffer.concat([packed.subarray(0, 10), Buffer.from('metadata.json\0'), packed.subarray(10)]);
}

/** The files with their measures in snapshot and timestamp, which are signed anew. */
function withMeasures(files: readonly (readonly [string, Uint8Array])[]): [string, Uint8Array][] {
  const measures = (bytes: Uint8Array, algorithm: 'sha256' | 'sha512'): JsonObject => ({
    length: bytes.length,
    hashes: { [algorithm]: createHash(algorithm).update(bytes).digest('hex') },
  });
  const signedIn = (bytes: Uint8Array) =>
    (JSON.parse(Buffer.from(bytes).toString()) as { signed: { meta: Record<string, JsonObject> } }).signed;
  const sealed = (signed: JsonObject) => sealAs(signed, [signerOf('online')], JSON.stringify);
  const found = new Map(files);
  const snapshot = signedIn(found.get('1.snapshot.json') ?? new Uint8Array());
  const meta = Object.fromEntries(
    Object.entries(snapshot.meta).map(([name, entry]) => [
      name,
      { ...entry, ...measures(found.get(`1.${name}`) ?? new Uint8Array(), 'sha512') },
    ]),
  );
  const newSnapshot = sealed({ ...snapshot, meta });
  const timestamp = signedIn(found.get('timestamp.json') ?? new Uint8Array());
  const named = { ...timestamp.meta['snapshot.json'], ...measures(newSnapshot, 'sha256') };
  const newTimestamp = sealed({ ...timestamp, meta: { 'snapshot.json': named } });
  return files.map(([name, bytes]) => [
    name,
    name === '1.snapshot.json' ? newSnapshot : name === 'timestamp.json' ? newTimestamp : bytes,
  ]);
}

/** Who signs, and how. */
function keys(): Made[] {
  const { privateKey, signDer } = keyOf('tuf ecdsa');
  const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const ecdsa = tufSigner(
    { keytype: 'ecdsa', keyval: { public: pem }, scheme: 'ecdsa-sha2-nistp256' },
    signDer,
  );
  const rsa = tufSigner({ keytype: 'rsa', keyval: { public: rsaPem }, scheme: 'rsassa-pss-sha256' }, signPss);
  const online = signerOf('online');
  const base = {
    root: [signerOf('root')],
    targets: [signerOf('root')],
    timestamp: [online],
    snapshot: [online],
    registry: [online],
    leaf: [online],
  };
  const signedBy = makeWorld({
    isBare: true,
    vendor: { signers: { ...base, timestamp: [ecdsa], snapshot: [rsa] } },
  });
  const two = makeWorld({
    isBare: true,
    vendor: {
      signers: { ...base, root: [signerOf('root'), signerOf('root 2'), signerOf('root 3')] },
      rootThreshold: 2,
    },
  });
  const beside = makeWorld(bare);
  const files = filesNow(beside).map(([name, bytes]): [string, Uint8Array] => {
    if (name !== 'timestamp.json') return [name, bytes];
    const file = JSON.parse(Buffer.from(bytes).toString()) as {
      signatures: JsonObject[];
      signed: JsonObject;
    };
    const others = [
      { keyid: 'a', sig: '' },
      { keyid: 'b', sig: 'zz' },
      { keyid: signerOf('other').keyId, sig: '00' },
    ];
    return [name, Buffer.from(JSON.stringify({ ...file, signatures: [...others, ...file.signatures] }))];
  });
  return [
    acceptedLoad(
      'ecdsa-and-rsa',
      'The timestamp is signed with an ECDSA key, the snapshot with an RSA key, whose PEM has line ends.',
      '2',
      loadInput(signedBy, [{ bundle: bundleNow(signedBy) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'threshold-of-two',
      'Two of three keys have to sign the root, and all three did.',
      '7.1',
      loadInput(two, [{ bundle: bundleNow(two) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'other-signatures',
      'Signatures by others, empty ones and broken ones beside the right one do not count.',
      '2',
      loadInput(beside, [{ bundle: pack(beside, files) }]),
      { versions: all(1) },
    ),
  ];
}

function roots(): Made[] {
  const rotated = makeWorld(bare);
  rotated.vendor.signers.root = [signerOf('root 2')];
  signRoot(rotated.vendor, [signerOf('root')]);
  const later = makeWorld(bare);
  signRoot(later.vendor);
  const between = makeWorld(bare);
  signRoot(between.vendor, [], (_, signed) => ({ ...signed, expires: '2030-01-01T00:00:00Z' }));
  signRoot(between.vendor);
  return [
    acceptedLoad(
      'root-rotated',
      'The second root has other keys; those of the first and its own signed it.',
      '7.1',
      loadInput(rotated, [{ bundle: bundleNow(rotated) }]),
      { versions: { ...all(1), root: 2 } },
    ),
    acceptedLoad(
      'anchor-of-second-root',
      'The package was made when there were two roots: the walk begins at the second.',
      '7.1',
      loadInput(later, [{ bundle: bundleNow(later) }], { anchor: anchorOf(later.vendor) }),
      { versions: { ...all(1), root: 2 } },
    ),
    acceptedLoad(
      'root-between-expired',
      'A root between the first and the newest has expired; only the newest has to hold.',
      '7.1',
      loadInput(between, [{ bundle: bundleNow(between) }]),
      { versions: { ...all(1), root: 3 } },
    ),
  ];
}

/** What was loaded before. */
function floors(): Made[] {
  const world = makeWorld(bare);
  const old = bundleNow(world);
  world.vendor.now += day;
  const next = bundleNow(world);
  const away = makeWorld();
  const floor = floorAfter(away, bundleNow(away));
  away.vendor.targets = away.vendor.targets.filter((target) => target !== away.entry);
  const awayBundle = bundleNow(away);
  const forgotten = makeWorld();
  const revocation = {
    subject: { kind: 'artifact', digest: forgotten.entry.digest },
    through: timeOf(newYear),
  };
  const revoked = floorOf(forgotten, {}, (found) => ({ ...found, revocations: [revocation] }));
  return [
    acceptedLoad(
      'newer',
      'A newer bundle after an older one: the floor rises, and says since when it is.',
      '7.3',
      loadInput(world, [{ bundle: old, at: newYear }, { bundle: next }]),
      {
        versions: all(2),
        signedAt: timeOf(newYear + day),
      },
    ),
    acceptedLoad(
      'role-away',
      'A role that a bundle no longer has keeps its floor.',
      '7.3',
      loadInput(away, [{ bundle: awayBundle }], { floor: floor }),
      {
        approved: [],
        versions: all(2),
      },
    ),
    acceptedLoad(
      'revocation-of-the-floor',
      'What was revoked once stays revoked, though the online keys no longer say so.',
      ['5', '7.3'],
      loadInput(forgotten, [{ bundle: bundleNow(forgotten) }], { floor: revoked }),
      {
        approved: [],
        refused: [{ path: forgotten.entry.path, code: 'revoked' }],
      },
    ),
  ];
}

/** What only a new root drops (SPEC §7.3). */
function recoveries(): Made[] {
  const replaced = (role: 'timestamp' | 'snapshot' | 'registry'): World => {
    const world = makeWorld();
    bundleNow(world);
    world.vendor.now += day;
    world.vendor.signers[role] = [signerOf(`new ${role}`)];
    signRoot(world.vendor);
    return world;
  };
  const [ofTimestamp, ofTime] = [replaced('timestamp'), replaced('timestamp')];
  const [ofSnapshot, ofRegistry] = [replaced('snapshot'), replaced('registry')];
  const poisoned = (versions: Readonly<Record<string, number>>, signedAt = timeOf(newYear)) =>
    floorOf(makeWorld(), versions, (floor) => ({ ...floor, signedAt }));
  const versions = { ...all(2), root: 2 };
  return [
    acceptedLoad(
      'timestamp-recovered',
      'A stolen timestamp key signed the version 2^53 - 1. A new root without that key drops the floor of timestamp.',
      '7.3',
      loadInput(ofTimestamp, [{ bundle: bundleNow(ofTimestamp) }], {
        floor: poisoned({ timestamp: poison }),
      }),
      { versions },
    ),
    acceptedLoad(
      'signed-time-recovered',
      'A stolen timestamp key signed a time of 2099. A new root without that key restarts signed time at its own.',
      '7.3',
      loadInput(ofTime, [{ bundle: bundleNow(ofTime) }], { floor: poisoned({}, '2099-01-01T00:00:00Z') }),
      { signedAt: timeOf(newYear + day) },
    ),
    acceptedLoad(
      'snapshot-recovered',
      'A stolen snapshot key signed the version 2^53 - 1. A new root without that key drops the floor of snapshot.',
      '7.3',
      loadInput(ofSnapshot, [{ bundle: bundleNow(ofSnapshot) }], { floor: poisoned({ snapshot: poison }) }),
      { versions },
    ),
    acceptedLoad(
      'registry-recovered',
      'A stolen registry key signed the version 2^53 - 1. A new root and new targets without that key drop the floors of registry and of all that it delegates to.',
      '7.3',
      loadInput(ofRegistry, [{ bundle: bundleNow(ofRegistry) }], {
        floor: poisoned({ registry: poison, [partner]: poison, [customer]: poison }),
      }),
      { versions },
    ),
  ];
}

/** What a bundle may hold. */
function contents(): Made[] {
  const named = makeWorld({ license: { partners: [partner] } });
  const unlicensed = idOf('p', 'unlicensed');
  addBuild(named.vendor, keyOf('unlicensed'), 'unlicensed', {
    partner: { id: unlicensed, name: 'Unlicensed' },
  });
  const overflow = makeWorld();
  for (const number of [2, 10]) {
    const label = `overflow ${String(number)}`;
    approve(overflow.vendor, [
      addBuild(overflow.vendor, keyOf(label), label, {}, { role: `${partner}-${String(number)}` }),
    ]);
  }
  const none = makeWorld({ license: { partners: [] } });
  none.vendor.targets = [none.license];
  const bad = makeWorld();
  addBuild(bad.vendor, keyOf('second'), 'unapproved');
  const wrongTime = addBuild(bad.vendor, keyOf('third'), 'wrong time', { review: 'x' });
  const grants = makeWorld();
  const grant = addGrant(grants.vendor, { effect: { kind: 'grace', grace: day } });
  const two = makeWorld();
  const other = idOf('c', 'other');
  approve(two.vendor, [addLicense(two.vendor, { customer: { id: other, name: 'Other' } })]);
  return [
    acceptedLoad(
      'named-partners',
      'The licence names one of two partners: the bundle holds that one alone.',
      '6',
      loadInput(named, [{ bundle: bundleNow(named, undefined, [partner]) }]),
      { approved: [{ path: named.entry.path, people: ids(named) }] },
    ),
    acceptedLoad(
      'overflow-roles',
      "A partner's further roles are in the bundle, in the order of their names as text: -10 before -2.",
      ['2', '6'],
      loadInput(overflow, [{ bundle: bundleNow(overflow) }]),
      { refused: [] },
    ),
    acceptedLoad(
      'entries-refused-alone',
      'An entry that nobody approved and one that is malformed are refused alone.',
      '4.4',
      loadInput(bad, [{ bundle: bundleNow(bad) }]),
      {
        approved: [{ path: bad.entry.path, people: ids(bad) }],
        refused: [
          { path: wrongTime.path, code: 'statement_malformed' },
          {
            path:
              bad.vendor.targets.find(({ digest }) => digest === digestOf('artifact unapproved'))?.path ?? '',
            code: 'approvals_missing',
          },
        ].sort((a, b) => (a.path < b.path ? -1 : 1)),
      },
    ),
    acceptedLoad(
      'grant-refused-alone',
      'A grant that nobody approved is refused alone.',
      '4.4',
      loadInput(grants, [{ bundle: bundleNow(grants) }]),
      { refused: [{ path: grant.path, code: 'approvals_missing' }] },
    ),
    acceptedLoad(
      'other-customers-role',
      'registry delegates to another customer, too, of whom the bundle has nothing.',
      '6',
      loadInput(two, [{ bundle: bundleNow(two) }]),
      { customer },
    ),
  ];
}

/** The last that is admitted. */
function edges(): Made[] {
  const world = makeWorld(bare);
  const bundle = bundleNow(world);
  const development = makeWorld({
    vendor: {
      environment: 'development',
      rpId: 'approve.localhost',
      origins: ['http://approve.localhost:8600'],
      people: [personOf('Ada Approver')],
      thresholds: { entry: 1, licence: 1, grant: 1 },
    },
    license: {
      deployments: [{ id: keyOf('deployment').thumbprint, origins: ['http://erp.localhost:9000'] }],
    },
  });
  const expiring = makeWorld(bare);
  const future = makeWorld({ isBare: true, license: { validFrom: timeOf(newYear + day) } });
  const until = timeOf(newYear + 1);
  return [
    acceptedLoad(
      'fresh-to-the-second',
      'Without a floor a bundle loads while it is fresh.',
      '7.1',
      loadInput(world, [{ bundle, at: newYear + 30 * day }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'signed-300-s-ahead',
      'The bundle was signed 300 s ahead of the system clock.',
      '7.1',
      loadInput(world, [{ bundle, at: newYear - 300 }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'expires-next-second',
      'All metadata but the root expires in the next second.',
      '7.1',
      loadInput(expiring, [{ bundle: bundleNow(expiring, (_, signed) => ({ ...signed, expires: until })) }]),
      { wall: until },
    ),
    acceptedLoad(
      'licence-begins-later',
      'Without a floor a bundle loads that is fresh, though its licence begins a day later: dates are judged at every check.',
      '7.1',
      loadInput(future, [{ bundle: bundleNow(future) }]),
      { versions: all(1) },
    ),
    acceptedLoad(
      'minimum-of-anchor',
      "The bundle is exactly the anchor's minimum.",
      '7.1',
      loadInput(world, [{ bundle }], {
        anchor: firstAnchor(world, { minimum: { targets: 1, signedAt: timeOf(newYear) } }),
      }),
      { versions: all(1) },
    ),
    acceptedLoad(
      'no-deployment',
      'The bundle is opened for no deployment, as a portal does before it publishes.',
      '7.1',
      loadInput(world, [{ bundle }], { deployment: null, origin: null }),
      { versions: all(1) },
    ),
    acceptedLoad(
      'development',
      'A development registry, at an origin that only this machine can mean.',
      '3.6',
      loadInput(development, [{ bundle: bundleNow(development) }], { origin: 'http://erp.localhost:9000' }),
      { versions: all(1) },
    ),
  ];
}

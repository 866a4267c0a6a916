import { parseAnchor } from '../../src/anchor.ts';
import { inOrder } from '../../src/bundle-files.ts';
import { readBundle } from '../../src/bundle.ts';
import { canonical } from '../../src/canonical.ts';
import { sha256Hex } from '../../src/digest.ts';
import { raise, readFloor, readHeldFloor, writeFloor, type Floor } from '../../src/floor.ts';
import { isObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { openBundle, type OpenedBundle, type OpenOptions } from '../../src/open-bundle.ts';
import { Refused } from '../../src/refused.ts';
import { assemble, packBundle } from '../../test/compose/pack.ts';
import { day, firstAnchor } from '../../vectors/make/world.ts';
import { storedGzip } from '../../vectors/make/stored-gzip.ts';
import {
  corpus,
  customer,
  deployment,
  filesWith,
  leafRoles,
  openHere,
  origin,
  signedOf,
  unpack,
} from '../corpus.ts';
import { bytesTarget, demand, latin1, valueTarget, type Target } from '../target.ts';

const words = [
  'AppWarrant bundle 1\n',
  '{"customer":"',
  '"files":[',
  '"packed":1',
  '"length":1',
  '\u001f\u008b\b\u0000',
  '.root.json',
  '\u0000\u0000\u0000\u0000',
];

/** Opening moves nothing: the floor that it would leave is above the one that it found, and is read back as it is. */
function demandRise(before: Floor | null, opened: OpenedBundle): void {
  const { nextFloor } = opened;
  const written = writeFloor(nextFloor);
  const back = readFloor(written);
  demand(
    back !== null && Buffer.compare(writeFloor(back), written) === 0,
    'leaves a floor that is read back',
  );
  if (before === null) return;
  for (const name of before.revocations.keys())
    demand(nextFloor.revocations.has(name), 'forgets no revocation');
  for (const role of ['root', 'targets'])
    demand(
      (nextFloor.roles.get(role)?.version ?? 0) >= (before.roles.get(role)?.version ?? 0),
      'lets no version fall',
    );
}

/** What is approved in a bundle was approved in the corpus: nobody else's passkey has signed anything. */
function demandNothingNew(opened: OpenedBundle): void {
  const genuine = new Set(
    corpus()
      .opened.judgeAll()
      .entries.map(({ statement }) => statement),
  );
  for (const { statement } of opened.judgeAll().entries)
    demand(genuine.has(statement), 'approves only what was approved');
  demand(opened.license.statement === corpus().opened.license.statement, 'has the licence that was approved');
}

export const bundleTargets: readonly Target[] = [
  bytesTarget({
    name: 'anchor',
    parsers: ['anchor.parseAnchor'],
    words: ['"anchor":null', '"appwarrant/anchor/1"', '"root":', '2030-01-01T00:00:00Z'],
    seeds: () => [
      canonical({ type: 'appwarrant/anchor/1', anchor: firstAnchor(corpus().world) as unknown as JsonValue }),
      canonical({ type: 'appwarrant/anchor/1', anchor: null }),
    ],
    judge: (bytes) => {
      const anchor = parseAnchor(bytes);
      const given = (JSON.parse(Buffer.from(bytes).toString()) as JsonObject).anchor;
      demand(sameValue(anchor, given as JsonValue), 'reads all of it, and nothing else');
    },
  }),
  bytesTarget({
    name: 'floor',
    parsers: ['floor.readFloor', 'floor.readHeldFloor'],
    words: ['"check":"', '"version":', '"revocations":[', '"keys":[', 'root', '1970-01-01T00:00:00Z'],
    seeds: () => [writeFloor(corpus().opened.nextFloor)],
    judge: (bytes) => {
      const floor = readHeldFloor(bytes);
      if (floor === null) throw new Refused('value_malformed');
      demand(
        sameValue(
          JSON.parse(Buffer.from(writeFloor(floor)).toString()) as JsonValue,
          JSON.parse(Buffer.from(bytes).toString()) as JsonValue,
        ),
        'is written again as it was',
      );
    },
  }),
  valueTarget({
    name: 'floor-value',
    parsers: ['floor.readFloor'],
    words: ['root', 'timestamp', 'registry', '1970-01-01T00:00:00Z', 'p-', 'c-'],
    seeds: () => {
      const { check: _, ...content } = JSON.parse(
        Buffer.from(writeFloor(corpus().opened.nextFloor)).toString(),
      ) as JsonObject;
      return [content];
    },
    // Anybody who writes to the folder can make the digest fit.
    judge: (value) => {
      if (!isObject(value)) throw new Refused('value_malformed');
      const file = canonical({ ...value, check: sha256Hex(canonical(value)) });
      const floor = readFloor(file);
      if (floor === null) throw new Refused('value_malformed');
      demand(Buffer.compare(writeFloor(floor), file) === 0, 'is written again as it was');
      const raised = raise(floor, {
        registry: floor.registry,
        signedAt: floor.signedAt,
        rootSignedAt: 0,
        roles: [],
        revocations: [],
      });
      demand(raised.revocations.size === floor.revocations.size, 'loses nothing by being raised');
    },
  }),
  bytesTarget({
    name: 'bundle',
    parsers: ['bundle.readBundle'],
    words,
    seeds: () => [
      corpus().bundle,
      packBundle(customer, corpus().world.vendor.registry, unpack(corpus().bundle).slice(0, 3)),
    ],
    judge: (bytes) => {
      const bundle = readBundle(bytes);
      const files = inOrder(bundle);
      for (const { name, length, digest } of bundle.index.files) {
        const unpacked = files.take(name).bytes();
        demand(
          unpacked.length === length && sha256Hex(unpacked) === digest,
          'unpacks to what the index says',
        );
      }
      files.end();
    },
  }),
  valueTarget({
    name: 'bundle-index',
    heavy: true,
    parsers: ['bundle.readBundle'],
    words: ['.root.json', '1.root.json', 'timestamp.json', '../x.json'],
    seeds: () => [readBundle(corpus().bundle).index],
    judge: (value) => {
      const files = (packedFiles ??= [...readBundle(corpus().bundle).files.values()].map(
        ({ packed }) => packed,
      ));
      const index = canonical(value);
      const assembled = assemble(index, files);
      const bundle = readBundle(assembled);
      const total = [...bundle.files.values()].reduce((sum, { packed }) => sum + packed.length, 0);
      demand(total === files.reduce((sum, packed) => sum + packed.length, 0), 'covers every byte once');
      demand(sameValue(bundle.index, value), 'reads all of it, and nothing else');
      // Opening takes ten times as long: by its digest, one index of sixteen is opened as well.
      if (sha256Hex(index).startsWith('0')) openHere(corpus().world, assembled);
    },
  }),
  bytesTarget({
    name: 'open-bundle',
    heavy: true,
    parsers: [
      'open-bundle.openBundle',
      'open-bundle.openBundleParts',
      'open-roots.openRoots',
      'open-top.openTop',
      'open-partner-roles.openPartnerRoles',
    ],
    words,
    seeds: () => [corpus().bundle, stored(unpack(corpus().bundle)), corpus().later],
    judge: (bytes) => {
      const { opened } = corpus();
      const next = openHere(corpus().world, bytes, after(opened));
      demandRise(opened.nextFloor, next);
      demandNothingNew(next);
    },
  }),
  valueTarget({
    name: 'open-files',
    heavy: true,
    parsers: ['open-bundle.openBundle', 'open-bundle.openBundleParts'],
    words: ['1.root.json', 'timestamp.json', '2.registry.json'],
    // Files that come, go, change places and are torn; the index always fits.
    seeds: () =>
      [corpus().bundle, corpus().later].map((bundle) =>
        unpack(bundle).map(([name, bytes]) => [name, latin1(bytes)]),
      ),
    judge: (value) => {
      if (!Array.isArray(value)) throw new Refused('bundle_malformed');
      const files = (value as JsonValue[]).map((file): [string, Uint8Array] => {
        const [name, text] = Array.isArray(file) ? (file as JsonValue[]) : [];
        return typeof name === 'string' && typeof text === 'string'
          ? [name, Buffer.from(text, 'latin1')]
          : ['', Buffer.alloc(1)];
      });
      const { opened, world } = corpus();
      const next = openHere(world, stored(files), after(opened));
      demandRise(opened.nextFloor, next);
      demandNothingNew(next);
    },
  }),
  valueTarget({
    name: 'open-signed',
    heavy: true,
    parsers: ['open-bundle.openBundle'],
    words: [
      'root',
      'registry',
      'p-*/*/*',
      'all',
      '2030-01-02T00:00:00Z',
      '2031-01-01T00:00:00Z',
      'a'.repeat(64),
    ],
    // Whoever has every key but the approvers' passkeys signs what he likes.
    seeds: () => [
      Object.fromEntries(
        ['timestamp', 'snapshot', 'targets', 'registry', ...leafRoles].map((role) => [role, signedOf(role)]),
      ),
    ],
    judge: (value) => {
      if (!isObject(value)) throw new Refused('bundle_malformed');
      const { world } = corpus();
      const files = filesWith((role, signed) => {
        const changed = value[role];
        return isObject(changed) ? changed : signed;
      });
      const before = corpus().opened.nextFloor;
      // As a first bundle, because the held one has the same versions.
      const opened = openBundle(stored(files), {
        anchor: firstAnchor(world),
        deployment,
        origin,
        held: null,
        floor: null,
        now: world.vendor.now,
        systemClock: world.vendor.now,
      });
      demandRise(null, opened);
      const { roster } = corpus();
      if (sameValue(roster, signedRoster(value))) demandNothingNew(opened);
      demand(before.registry === opened.nextFloor.registry, 'stays of its registry');
    },
  }),
];

let packedFiles: readonly Uint8Array[] | undefined;

/** A day later, at a site that has opened this. */
function after(opened: OpenedBundle): Partial<OpenOptions> {
  const now = opened.signedAt + day;
  return { held: opened, floor: opened.nextFloor, now, systemClock: now };
}

function signedRoster(value: JsonObject): JsonValue {
  const targets = value.targets;
  const own = isObject(targets) ? targets['x-appwarrant'] : undefined;
  return isObject(own) ? (own.roster ?? null) : null;
}

function stored(files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  return packBundle(customer, corpus().world.vendor.registry, files, storedGzip);
}

function sameValue(a: JsonValue, b: JsonValue): boolean {
  return Buffer.compare(canonical(a), canonical(b)) === 0;
}

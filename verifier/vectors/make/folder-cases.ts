import { createPublicKey } from 'node:crypto';
import { fileText } from '../../src/canonical.ts';
import type { JsonObject } from '../../src/json.ts';
import { thumbprint } from '../../src/jwk.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { timeOf } from '../../src/time.ts';
import { textOf } from './edit-json.ts';
import { digestOf, keyOf } from './keys.ts';
import { floorAfter, resealed } from './load-case.ts';
import { sign } from './request-case.ts';
import { accepted, refused, type Defect, type Made } from './vector-case.ts';
import {
  base64,
  bundleNow,
  day,
  deploymentKey,
  firstAnchor,
  makeWorld,
  newYear,
  origin,
  requestOf,
  type World,
} from './world.ts';

// What a verifier makes of the state folder that it finds at its start, an hour after the new year (SPEC §7.1, §7.2, §7.4, §8, §9).

const area = 'folder';
const start = newYear + 3600;
/** The first second in which a request can be admitted that was created after the barrier of a start (SPEC §10.8). */
const first = start + 31;

const p384 = `-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCunaKMcZb1ilP29X4+
ZEr6sai/Sk6rwFYLUaIEnEcE3LDrOyRQazrCn2mUWItFPaihZANiAAQpdK16I2vV
7mU6v/6Skl8xzIq7nTmVY/Ms82V5MgP55Y4J85kB5fV5mE8Jmr5jJR/QCZpT8uVv
gxveDWb7otNUx6wFZs2mnQZO2IKHfaASzDIkLXFYP54v+PnN0J9r8Lo=
-----END PRIVATE KEY-----
`;
const ed25519 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIGOOW5PnhXqRXxG2JVQrlrNXHPoMWaxNTYFvDsKS+dMD
-----END PRIVATE KEY-----
`;

type Files = Readonly<Record<string, JsonObject | null>>;

/** What a vector may have otherwise than a folder in which everything is right. */
type Changes = {
  readonly anchor?: string;
  readonly origin?: string;
  readonly files?: (right: Files, world: World) => Files;
  readonly startedAt?: number;
  readonly at?: number;
  readonly created?: number;
  /** The deployment that the request is signed for. */
  readonly deployment?: string;
};

/** The key, the bundle of the new year and its floor; a file that is null is not there. */
function inputOf(changes: Changes, world = makeWorld()): JsonObject {
  const bundle = bundleNow(world);
  const right: Files = {
    'deployment-key.pem': { text: deploymentKey.pem },
    'floor.json': { text: JSON.stringify(floorAfter(world, bundle)) },
    bundle: { bytes: base64(bundle) },
  };
  const files = changes.files?.(right, world) ?? right;
  const at = changes.at ?? first;
  return {
    kind: 'folder',
    anchor: changes.anchor ?? anchorFile(world),
    origin: changes.origin ?? origin,
    files: Object.entries(files).flatMap(([name, file]) => (file === null ? [] : [{ name, ...file }])),
    startedAt: timeOf(changes.startedAt ?? start),
    at: timeOf(at),
    request: requestOf(
      sign(world, {
        created: changes.created ?? at,
        origin: changes.origin ?? origin,
        deployment: changes.deployment ?? world.deployment,
      }),
    ),
  };
}

function anchorFile(world: World, change: (anchor: JsonObject) => JsonObject = (anchor) => anchor): string {
  return fileText({ type: 'appwarrant/anchor/1', anchor: change(firstAnchor(world)) });
}

const versions = (version: number) => ({ root: 1, targets: version, snapshot: version, timestamp: version });

export function folderCases(): Made[] {
  return [...fine(), ...anchors(), ...keys(), ...bundles(), ...folders(), ...clocks()];
}

function fine(): Made[] {
  const one = (name: string, about: string, spec: readonly string[], changes: Changes, facts: JsonObject) =>
    accepted({ area, name, about, spec, input: inputOf(changes), facts });
  const later = (_: Files, world: World): string => {
    world.vendor.now += 1800;
    return base64(bundleNow(world));
  };
  return [
    one(
      'as-left',
      'A folder as a verifier left it.',
      ['7.1', '7.4', '9'],
      {},
      {
        kind: 'app',
        app: 'orders',
        deployment: thumbprint(deploymentKey.jwk),
        versions: versions(1),
        floorSince: timeOf(newYear),
        freshness: 'fresh',
      },
    ),
    one(
      'incoming',
      'A load was cut short after the new bundle was on the disk: it is opened first.',
      ['7.2'],
      {
        files: (right, world) => ({ ...right, 'bundle.incoming': { bytes: later(right, world) } }),
      },
      { versions: versions(2) },
    ),
    one(
      'incoming-torn',
      'A load was cut short within the new bundle: the old one goes on.',
      ['7.2'],
      {
        files: (right, world) => ({
          ...right,
          'bundle.incoming': { bytes: later(right, world).slice(0, 2000) },
        }),
      },
      { versions: versions(1) },
    ),
    one(
      'floor-missing',
      'The floor is missing, and the bundle is fresh: the floor begins anew.',
      ['7.1', '7.3'],
      { files: (right) => ({ ...right, 'floor.json': null }) },
      { versions: versions(1), floorSince: timeOf(newYear) },
    ),
    one(
      'floor-torn',
      'The floor is torn, which counts as missing, and the bundle is fresh.',
      ['7.3'],
      { files: (right) => ({ ...right, 'floor.json': { text: '{' } }) },
      { versions: versions(1) },
    ),
  ];
}

/** The anchor file of the installed package. */
function anchors(): Made[] {
  const anchor = (
    code: ReasonCode,
    name: string,
    about: string,
    spec: string,
    wrong: (world: World) => string,
  ) =>
    refused({
      area,
      code,
      name,
      about,
      spec: [spec],
      status: 503,
      make: (defect) => {
        const world = makeWorld();
        return inputOf({ anchor: defect(anchorFile(world), wrong(world)) }, world);
      },
    });
  const malformed = (name: string, about: string, change: (anchor: JsonObject) => JsonObject) =>
    anchor('anchor_malformed', name, about, '9', (world) => anchorFile(world, change));
  return [
    anchor(
      'no_trust_anchor',
      'source-package',
      'The anchor file is that of the source package, which trusts nobody.',
      '8',
      () => '{"type":"appwarrant/anchor/1","anchor":null}',
    ),
    anchor('anchor_malformed', 'other-type', 'The anchor file is of another type.', '9', (world) =>
      anchorFile(world).replace('appwarrant/anchor/1', 'appwarrant/anchor/2'),
    ),
    anchor('anchor_malformed', 'cut', 'The anchor file is cut short.', '9', (world) =>
      anchorFile(world).slice(0, -1),
    ),
    malformed('further-member', 'The anchor has a member that no reader knows.', (right) => ({
      ...right,
      origins: [],
    })),
  ];
}

function keys(): Made[] {
  const key = (name: string, about: string, wrong: string) =>
    refused({
      area,
      code: 'deployment_key_malformed',
      name,
      about,
      spec: ['9'],
      status: 503,
      make: (defect) =>
        inputOf({
          files: (right) => ({ ...right, 'deployment-key.pem': { text: defect(deploymentKey.pem, wrong) } }),
        }),
    });
  return [
    refused({
      area,
      code: 'not_activated',
      name: 'no-key',
      about: 'There is no deployment key.',
      spec: ['8', '9'],
      status: 503,
      make: (defect) =>
        inputOf({
          files: (right) => ({
            ...right,
            'deployment-key.pem': defect(right['deployment-key.pem'] ?? null, null),
          }),
        }),
    }),
    key('empty', 'The key file is empty.', ''),
    key('other-curve', 'The key is on another curve.', p384),
    key('ed25519', 'The key is an Ed25519 key.', ed25519),
    key(
      'public',
      'The file holds a public key.',
      createPublicKey(deploymentKey.privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    ),
  ];
}

/** Stored bundles that do not open: what is refused is as if it were not there. */
function bundles(): Made[] {
  const none = (
    because: ReasonCode | null,
    name: string,
    about: string,
    spec: readonly string[],
    make: (defect: Defect) => Changes,
  ) =>
    refused({
      area,
      code: 'no_bundle',
      name,
      about,
      spec,
      status: 503,
      members: because === null ? { deployment: thumbprint(deploymentKey.jwk) } : { because },
      make: (defect) => inputOf(make(defect)),
    });
  const file = (defect: Defect, name: string, wrong: (right: JsonObject) => JsonObject | null): Changes => ({
    files: (right) => ({ ...right, [name]: defect(right[name] ?? null, wrong(right[name] ?? {})) }),
  });
  return [
    none(null, 'none', 'There is no bundle in the folder.', ['8'], (defect) =>
      file(defect, 'bundle', () => null),
    ),
    none('bundle_malformed', 'torn', 'The bundle is cut short.', ['7.1'], (defect) =>
      file(defect, 'bundle', ({ bytes }) => ({
        bytes: base64(Buffer.from(textOf(bytes), 'base64').subarray(0, -100)),
      })),
    ),
    none('rollback', 'older-than-floor', 'The bundle is older than the floor.', ['7.1'], (defect) =>
      file(defect, 'floor.json', (right) => {
        const floor = floorText(right);
        const roles = (floor.roles as readonly JsonObject[]).map((role) =>
          role.role === 'timestamp' ? { ...role, version: 2 } : role,
        );
        return { text: JSON.stringify(resealed({ ...floor, roles })) };
      }),
    ),
    none(
      'license_other_deployment',
      'key-of-other-deployment',
      "The key is another deployment's: the licence is not for it.",
      ['7.1', '9'],
      (defect) => {
        const held = defect(deploymentKey, keyOf('other deployment'));
        return {
          files: (right) => ({ ...right, 'deployment-key.pem': { text: held.pem } }),
          deployment: held.thumbprint,
        };
      },
    ),
    none(
      'origin_not_licensed',
      'origin',
      'The configured origin is none of those in the licence.',
      ['7.1'],
      (defect) => ({ origin: defect(origin, 'https://other.customer.example') }),
    ),
    none(
      'floor_missing',
      'stale-without-floor',
      'The floor is missing, and the bundle is stale.',
      ['7.1'],
      (defect) => ({
        ...file(defect, 'floor.json', () => null),
        startedAt: newYear + 40 * day,
        at: newYear + 40 * day + 31,
      }),
    ),
  ];
}

function folders(): Made[] {
  const inFolder = (
    code: ReasonCode,
    name: string,
    about: string,
    spec: readonly string[],
    make: (defect: Defect) => Changes,
    status = 503,
  ) => refused({ area, code, name, about, spec, status, make: (defect) => inputOf(make(defect)) });
  return [
    inFolder(
      'state_other_registry',
      'floor',
      "The floor is of another vendor's registry.",
      ['7.4'],
      (defect) => ({
        files: (right) => {
          const floor = floorText(right['floor.json'] ?? {});
          return {
            ...right,
            'floor.json': {
              text: JSON.stringify(
                resealed({ ...floor, registry: defect(textOf(floor.registry), digestOf('registry')) }),
              ),
            },
          };
        },
      }),
    ),
    inFolder(
      'state_newer',
      'floor',
      'The floor is of a format that a later package writes.',
      ['7.3'],
      (defect) => ({
        files: (right) => {
          const floor = floorText(right['floor.json'] ?? {});
          const type = defect(textOf(floor.type), 'appwarrant/floor/2');
          return { ...right, 'floor.json': { text: JSON.stringify(resealed({ ...floor, type })) } };
        },
      }),
    ),
    inFolder(
      'state_unusable',
      'bundle-is-a-folder',
      'A folder stands in the place of the bundle: it cannot be read.',
      ['7.4'],
      (defect) => ({
        files: (right) => ({ ...right, bundle: defect(right.bundle ?? null, { folder: true }) }),
      }),
    ),
    inFolder(
      'origin_malformed',
      'slash',
      'The configured origin has a slash at its end.',
      ['3.6'],
      (defect) => ({ origin: defect(origin, `${origin}/`) }),
      400,
    ),
    inFolder(
      'proof_before_start',
      'as-left',
      'Nonces were used before the start, and are not kept: the request was created 30 s after it.',
      ['10.8'],
      (defect) => ({ at: defect(first, first - 1) }),
      401,
    ),
  ];
}

/** What a start does not judge, every check does (SPEC §7.1, §8). */
function clocks(): Made[] {
  /** `now` is SPEC §8's, which the request is created at: the system clock may be behind it. */
  const at = (
    code: ReasonCode,
    name: string,
    about: string,
    right: number,
    wrong: number,
    now: (clock: number) => number,
  ) =>
    refused({
      area,
      code,
      name,
      about,
      spec: ['7.1', '8'],
      status: 503,
      make: (defect) => {
        const clock = newYear + defect(right, wrong);
        return inputOf(
          { startedAt: clock - 31, at: clock, created: now(clock) },
          makeWorld({ vendor: { validity: 10 * day } }),
        );
      },
    });
  return [
    at(
      'allowlist_expired',
      'at-the-wall',
      'The metadata ends in this second: the bundle is opened all the same, so that it is known what has ended.',
      10 * day - 1,
      10 * day,
      (clock) => clock,
    ),
    at(
      'clock_behind',
      'set-back',
      'The clock is 301 s below the signed time: the bundle is opened all the same.',
      -300,
      -301,
      () => newYear + 31,
    ),
  ];
}

/** What a floor's file says. */
function floorText(right: JsonObject): JsonObject {
  return JSON.parse(textOf(right.text)) as JsonObject;
}

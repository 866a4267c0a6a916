import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { timeOf } from '../../src/time.ts';
import { sealAs } from '../../test/compose/tuf-signer.ts';
import { anchorOf, signRoot } from '../../test/compose/vendor.ts';
import { textOf } from './edit-json.ts';
import { digestOf, signerOf } from './keys.ts';
import { bare, refusedLoad, refusedRole, whole } from './load-case.ts';
import { refused, type Defect, type Made } from './vector-case.ts';
import {
  bundleNow,
  customer,
  filesNow,
  loadInput,
  makeWorld,
  newYear,
  pack,
  partner,
  type World,
  type WorldOptions,
} from './world.ts';

// TUF metadata: its structure, signatures, versions, digests and ends (SPEC §2, §7.1, 1 and 3).

type Sealed = { readonly signatures: readonly JsonObject[]; readonly signed: JsonObject };

/** One file changed after it was signed. */
function edited(
  code: ReasonCode,
  name: string,
  about: string,
  file: string,
  change: (right: Sealed) => JsonObject | string,
  spec: string = '7.1',
): Made {
  const make = (defect: Defect, world: World) => {
    const right = filesNow(world);
    const wrong = right.map(([each, bytes]): [string, Uint8Array] => {
      if (!each.endsWith(`${file}.json`)) return [each, bytes];
      const changed = change(JSON.parse(Buffer.from(bytes).toString()) as Sealed);
      return [each, Buffer.from(typeof changed === 'string' ? changed : JSON.stringify(changed))];
    });
    return { bundle: pack(world, defect(right, wrong)) };
  };
  return refusedLoad(code, name, about, spec, make, needs(file));
}

/** Partners' roles are in whole worlds only. */
function needs(role: string): WorldOptions {
  return role === partner ? whole : bare;
}

const roles: readonly (readonly [name: string, role: string])[] = [
  ['timestamp', 'timestamp'],
  ['targets', 'targets'],
  ['partner', partner],
];

export function loadMetadataCases(): Made[] {
  return [...structure(), ...thresholds(), ...keySets(), ...ends(), ...versions(), ...roots()];
}

function structure(): Made[] {
  const spec = '2';
  return [
    edited(
      'json_malformed',
      'member-twice',
      'A member of the timestamp stands twice.',
      'timestamp',
      ({ signatures, signed }) =>
        JSON.stringify({ signatures, signed }).replace('"version":', '"version":1,"version":'),
      '1.1',
    ),
    edited('json_malformed', 'not-json', 'The snapshot is no JSON.', 'snapshot', () => 'snapshot', '1.1'),
    edited(
      'metadata_malformed',
      'signature-twice',
      'Two signatures name one key.',
      'timestamp',
      ({ signatures, signed }) => ({ signatures: [...signatures, ...signatures], signed }),
      spec,
    ),
    refusedRole(
      'metadata_malformed',
      'other-type',
      'The timestamp says that it is a snapshot.',
      spec,
      () => 'timestamp',
      (signed) => ({ ...signed, _type: 'snapshot' }),
    ),
    refusedRole(
      'metadata_malformed',
      'spec-version',
      'The timestamp is of version 2 of TUF.',
      spec,
      () => 'timestamp',
      (signed) => ({ ...signed, spec_version: '2.0.0' }),
    ),
    refusedRole(
      'metadata_malformed',
      'expires-with-fraction',
      'The end of the timestamp has fractions of a second.',
      spec,
      () => 'timestamp',
      (signed) => ({ ...signed, expires: '2031-01-01T00:00:00.0Z' }),
    ),
    refusedRole(
      'metadata_malformed',
      'version-zero',
      'The version of the timestamp is 0.',
      spec,
      () => 'timestamp',
      (signed) => ({ ...signed, version: 0 }),
    ),
    refusedRole(
      'metadata_malformed',
      'delegated-twice',
      'registry delegates twice to one role.',
      spec,
      () => 'registry',
      (signed) => delegating(signed, (list) => [...list, list[0] as JsonValue]),
    ),
    refusedRole(
      'metadata_malformed',
      'threshold-zero',
      'registry delegates to a role that nobody has to sign.',
      spec,
      () => 'registry',
      (signed) =>
        delegating(signed, (list) => list.map((role) => ({ ...(role as JsonObject), threshold: 0 }))),
    ),
    refusedRole(
      'metadata_malformed',
      'threshold-1025',
      'registry delegates to a role that 1025 keys have to sign.',
      spec,
      () => 'registry',
      (signed) =>
        delegating(signed, (list) => list.map((role) => ({ ...(role as JsonObject), threshold: 1025 }))),
    ),
    edited(
      'metadata_malformed',
      'signatures-1025',
      'The timestamp has 1025 signatures, of which one counts.',
      'timestamp',
      ({ signatures, signed }) => ({
        signatures: [
          ...signatures,
          ...Array.from({ length: 1024 }, (_, i) => ({ keyid: String(i), sig: '' })),
        ],
        signed,
      }),
      spec,
    ),
    refusedRole(
      'metadata_malformed',
      'length-zero',
      'The snapshot tells a length of 0.',
      spec,
      () => 'snapshot',
      (signed) => {
        const all = signed.meta as Record<string, JsonObject>;
        return { ...signed, meta: { ...all, 'registry.json': { ...all['registry.json'], length: 0 } } };
      },
    ),
    refusedRole(
      'metadata_malformed',
      'key-not-listed',
      'registry delegates to a key that it does not list.',
      spec,
      () => 'registry',
      (signed) =>
        delegating(signed, (list) => list.map((role) => ({ ...(role as JsonObject), keyids: ['a'] }))),
    ),
    refusedRole(
      'metadata_malformed',
      'key-id-twice',
      'registry delegates to one key id twice.',
      spec,
      () => 'registry',
      (signed) =>
        delegating(signed, (list) =>
          list.map((role) => ({ ...(role as JsonObject), keyids: [...twice((role as JsonObject).keyids)] })),
        ),
    ),
  ];
}

/** Who signed. */
function thresholds(): Made[] {
  return [
    ...roles.map(([name, role]) =>
      edited(
        'metadata_threshold',
        `${name}-by-other-key`,
        `Another key than its own signed ${named(name)}.`,
        role,
        ({ signed }) => Buffer.from(sealAs(signed, [signerOf('other')], JSON.stringify)).toString(),
      ),
    ),
    edited(
      'metadata_threshold',
      'other-key-under-its-id',
      'Another key signed, under the id of the right one.',
      'timestamp',
      ({ signatures, signed }) => ({
        signatures: [
          {
            keyid: signatures[0]?.keyid ?? '',
            sig: Buffer.from(signerOf('other').sign(Buffer.from(''))).toString('hex'),
          },
        ],
        signed,
      }),
    ),
    edited(
      'metadata_threshold',
      'changed-after-signing',
      'The timestamp was changed after it was signed.',
      'timestamp',
      ({ signatures, signed }) => ({ signatures, signed: { ...signed, note: 'a' } }),
    ),
    edited(
      'metadata_threshold',
      'signature-upper-case',
      'A signature is in upper-case digits.',
      'timestamp',
      ({ signatures, signed }) => ({
        signatures: signatures.map((one) => ({ ...one, sig: textOf(one.sig).toUpperCase() })),
        signed,
      }),
      '2',
    ),
    edited(
      'metadata_threshold',
      'signature-of-canonical-file',
      'The signature is over the file as it stands, whose members are in another order.',
      'timestamp',
      ({ signed }) => {
        const reversed = Object.fromEntries(Object.entries(signed).reverse());
        const { keyId, sign } = signerOf('online');
        const sig = Buffer.from(sign(Buffer.from(JSON.stringify(reversed)))).toString('hex');
        return { signatures: [{ keyid: keyId, sig }], signed: reversed };
      },
      '1.2',
    ),
  ];
}

/** Thresholds that count distinct keys. */
function keySets(): Made[] {
  const { keyId, key } = signerOf('online');
  return [
    refusedLoad(
      'metadata_threshold',
      'one-key-under-two-ids',
      "The customer's role needs two signatures, and one key stands under two ids.",
      ['2', '7.1'],
      (defect, world) => {
        const second = defect(signerOf('second').key, key);
        const bundle = filesNow(world, (role, signed) => {
          if (role !== 'registry') return signed;
          const { keys } = signed.delegations as JsonObject;
          const more = {
            ...signed,
            delegations: { ...(signed.delegations as JsonObject), keys: { ...(keys as JsonObject), second } },
          };
          return delegating(more, (list) =>
            list.map((role) =>
              (role as JsonObject).name === customer
                ? { ...(role as JsonObject), keyids: [keyId, 'second'], threshold: 2 }
                : role,
            ),
          );
        }).map(([name, bytes]): [string, Uint8Array] => {
          if (!name.includes(customer)) return [name, bytes];
          const { signed } = JSON.parse(Buffer.from(bytes).toString()) as Sealed;
          // Whoever has the second key signs under its id; where it is the first again, so does the first.
          const other = { ...(second === key ? signerOf('online') : signerOf('second')), keyId: 'second' };
          return [name, sealAs(signed, [signerOf('online'), other], JSON.stringify)];
        });
        return { bundle: pack(world, bundle) };
      },
    ),
    refusedLoad(
      'metadata_threshold',
      'key-of-unknown-kind',
      "The customer's role is signed by a key of a kind that does not count.",
      '2',
      (defect, world) => {
        const kind = defect({}, { scheme: 'ed25519ph' });
        return {
          bundle: bundleNow(world, (role, signed) => {
            if (role !== 'registry') return signed;
            return {
              ...signed,
              delegations: { ...(signed.delegations as JsonObject), keys: { [keyId]: { ...key, ...kind } } },
            };
          }),
        };
      },
    ),
  ];
}

function ends(): Made[] {
  return [
    ...roles.map(([name, role]) =>
      refusedLoad(
        'metadata_expired',
        name,
        `${capital(named(name))} ends in this very second.`,
        '7.1',
        (defect, world) => {
          const expires = timeOf(defect(newYear + 1, newYear));
          return {
            bundle: bundleNow(world, (each, signed) => (each === role ? { ...signed, expires } : signed)),
          };
        },
        needs(role),
      ),
    ),
    refused({
      area: 'load',
      code: 'metadata_expired',
      name: 'by-now',
      about:
        'The clock was set back: the timestamp has not ended by the system clock, but by the time that has passed since the load before.',
      spec: ['7.1', '8'],
      make: (defect) => {
        const world = makeWorld(bare);
        const first = bundleNow(world);
        world.vendor.now += 60;
        const expires = timeOf(newYear + 3600 + defect(1, 0));
        const next = bundleNow(world, (role, signed) =>
          role === 'timestamp' ? { ...signed, expires } : signed,
        );
        const input = loadInput(world, [
          { bundle: first, at: newYear },
          { bundle: next, at: newYear + 60 },
        ]);
        const [before, after] = input.steps as readonly JsonObject[];
        return { ...input, steps: [before ?? {}, { ...after, passed: 3600 }] };
      },
    }),
    refusedLoad(
      'metadata_expired',
      'newest-root',
      'The newest root ends in this very second.',
      '7.1',
      (defect, world) => {
        const expires = timeOf(defect(newYear + 1, newYear));
        signRoot(world.vendor, [], (_, signed) => ({ ...signed, expires }));
        return { bundle: bundleNow(world) };
      },
    ),
  ];
}

function versions(): Made[] {
  const meta = (
    code: ReasonCode,
    name: string,
    about: string,
    change: (registry: JsonObject) => JsonObject,
  ) =>
    refusedRole(
      code,
      name,
      about,
      '7.1',
      () => 'snapshot',
      (signed) => {
        const all = signed.meta as Record<string, JsonObject>;
        return { ...signed, meta: { ...all, 'registry.json': change(all['registry.json'] as JsonObject) } };
      },
    );
  return [
    meta('metadata_digest', 'sha256', 'The snapshot tells another SHA-256 of registry.', (entry) => ({
      ...entry,
      hashes: { sha256: digestOf('x') },
    })),
    meta('metadata_digest', 'length', 'The snapshot tells another length of registry.', (entry) => ({
      ...entry,
      length: 1,
    })),
    refusedRole(
      'metadata_version',
      'not-in-snapshot',
      'The snapshot does not list registry.',
      '7.1',
      () => 'snapshot',
      (signed) => ({
        ...signed,
        meta: Object.fromEntries(
          Object.entries(signed.meta as JsonObject).filter(([name]) => !name.includes('registry')),
        ),
      }),
    ),
    refusedLoad(
      'metadata_version',
      'registry-of-other-version',
      'The file of registry says that it is of another version than the snapshot tells.',
      '7.1',
      (defect, world) => {
        const right = filesNow(world);
        const { signed } = sealedOf(right, 'registry');
        const version = defect(1, 2);
        return {
          bundle: pack(
            world,
            replaced(right, 'registry', sealAs({ ...signed, version }, [signerOf('online')], JSON.stringify)),
          ),
        };
      },
    ),
    refusedLoad(
      'metadata_version',
      'snapshot-of-other-version',
      'The snapshot says that it is of another version than the timestamp tells.',
      '7.1',
      (defect, world) => {
        const right = filesNow(world);
        const { signed } = sealedOf(right, 'snapshot');
        const version = defect(1, 2);
        return {
          bundle: pack(
            world,
            replaced(right, 'snapshot', sealAs({ ...signed, version }, [signerOf('online')], JSON.stringify)),
          ),
        };
      },
    ),
  ];
}

function roots(): Made[] {
  const second = (
    name: string,
    about: string,
    signers: (right: ReturnType<typeof signerOf>[]) => ReturnType<typeof signerOf>[],
  ) =>
    refusedLoad('metadata_threshold', name, about, '7.1', (defect, world) => {
      const both = [signerOf('root'), signerOf('root 2')];
      world.vendor.signers.root = [signerOf('root 2')];
      signRoot(world.vendor, [signerOf('root')]);
      const { signed } = JSON.parse(Buffer.from(world.vendor.roots[1] as Uint8Array).toString()) as Sealed;
      world.vendor.roots[1] = sealAs(signed, defect(both, signers(both)), JSON.stringify);
      return { bundle: bundleNow(world) };
    });
  return [
    second(
      'root-by-old-keys-only',
      'Only the keys of the first root signed the second, which has others.',
      (both) => both.slice(0, 1),
    ),
    refusedLoad(
      'metadata_threshold',
      'root-below-the-anchor',
      "The keys of the first root did not sign the second, which lies below the anchor's third: all are verified, from the first on.",
      '7.1',
      (defect, world) => {
        world.vendor.signers.root = [signerOf('root 2')];
        signRoot(world.vendor, defect([signerOf('root')], []));
        signRoot(world.vendor);
        return { bundle: bundleNow(world), site: { anchor: anchorOf(world.vendor) } };
      },
    ),
    second('root-by-new-keys-only', 'Only its own keys signed the second root.', (both) => both.slice(1)),
    refusedLoad(
      'metadata_version',
      'root-skips',
      'The second root says that it is the third.',
      '7.1',
      (defect, world) => {
        const version = defect(2, 3);
        signRoot(world.vendor, [], (_, signed) => ({ ...signed, version }));
        return { bundle: bundleNow(world) };
      },
    ),
    refusedLoad(
      'root_environment',
      'changed-by-root',
      'The second root changes the environment.',
      ['2.1', '7.1'],
      (defect, world) => {
        const environment = defect('production', 'development');
        signRoot(world.vendor, [], (_, signed) => ({
          ...signed,
          'x-appwarrant': { environment, signedAt: timeOf(newYear) },
        }));
        return { bundle: bundleNow(world) };
      },
    ),
  ];
}

function sealedOf(files: readonly (readonly [string, Uint8Array])[], role: string): Sealed {
  const bytes = files.find(([name]) => name.endsWith(`.${role}.json`))?.[1] ?? new Uint8Array();
  return JSON.parse(Buffer.from(bytes).toString()) as Sealed;
}

function replaced(
  files: readonly (readonly [string, Uint8Array])[],
  role: string,
  by: Uint8Array,
): [string, Uint8Array][] {
  return files.map(([name, bytes]) => [name, name.endsWith(`.${role}.json`) ? by : bytes]);
}

function delegating(
  signed: JsonObject,
  change: (roles: readonly JsonValue[]) => readonly JsonValue[],
): JsonObject {
  const delegations = signed.delegations as JsonObject;
  return {
    ...signed,
    delegations: { ...delegations, roles: change(delegations.roles as readonly JsonValue[]) },
  };
}

function twice(ids: JsonValue | undefined): readonly JsonValue[] {
  const list = ids as readonly JsonValue[];
  return [...list, ...list];
}

function named(name: string): string {
  if (name === 'customer' || name === 'partner') return `the ${name}'s role`;
  return name === 'timestamp' || name === 'snapshot' ? `the ${name}` : name;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

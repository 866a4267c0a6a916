import { createHash } from 'node:crypto';
import type { Approval } from '../../src/approval.ts';
import { approvalChallenge } from '../../src/challenge.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import { merklePath, merkleRoot } from '../../src/merkle.ts';
import type { ReasonCode } from '../../src/reasons.ts';
import { statementBytes } from '../../src/statement.ts';
import { rosterOf, statementFor, type Person, type TestTarget } from '../../test/compose/vendor.ts';
import { without } from './edit-json.ts';
import { foundOf } from './found.ts';
import { digestOf, idOf } from './keys.ts';
import { accepted, refused, type Defect, type Made } from './vector-case.ts';
import { addBuild, addGrant, makeWorld, passkeyOf, personOf, type World } from './world.ts';

// One approval of one statement (SPEC §4.1–§4.3).

const area = 'approval';

/** The bytes of an assertion, each of which can be changed before it is signed. */
type Assertion = {
  readonly flags?: number;
  readonly rpId?: string;
  /** Makes authenticatorData longer or shorter. */
  readonly data?: (bytes: Buffer) => Uint8Array;
  /** What clientDataJSON says, in its order; undefined leaves a member out. */
  readonly client?: Readonly<Record<string, JsonValue | undefined>>;
  /** The text of clientDataJSON itself, from the one that would be right. */
  readonly text?: (right: string) => string;
  /** Changes the signature once it is made. */
  readonly signature?: (right: Uint8Array) => Uint8Array;
};

/** Ada's approval of a statement, alone in its act unless `leaves` says otherwise. */
function approvalBy(
  { vendor }: World,
  person: Person,
  target: TestTarget,
  assertion: Assertion = {},
  act: { readonly leaves: readonly Uint8Array[]; readonly index: number } = {
    leaves: [statementBytes(statementFor(vendor, target))],
    index: 0,
  },
): Approval {
  const { flags = 5, rpId = vendor.rpId, data = (bytes) => bytes } = assertion;
  const challenge = Buffer.from(approvalChallenge(merkleRoot(act.leaves))).toString('base64url');
  const client = {
    type: 'webauthn.get',
    challenge,
    origin: vendor.origins[0],
    crossOrigin: false,
    ...assertion.client,
  };
  const right = JSON.stringify(client);
  const text = Buffer.from(assertion.text?.(right) ?? right, 'latin1');
  const hash = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
  const authenticatorData = Buffer.from(data(Buffer.concat([hash(rpId), Buffer.from([flags, 0, 0, 0, 1])])));
  const made = person.passkey.sign(Buffer.concat([authenticatorData, hash(text)]));
  return {
    approver: person.id,
    key: person.passkey.id,
    size: act.leaves.length,
    index: act.index,
    path: merklePath(act.leaves, act.index).map((node) => Buffer.from(node).toString('base64url')),
    authenticatorData: authenticatorData.toString('base64url'),
    clientDataJSON: text.toString('base64url'),
    signature: Buffer.from(assertion.signature?.(made) ?? made).toString('base64url'),
  };
}

function inputOf(world: World, target: TestTarget, approval: JsonValue): JsonObject {
  return { kind: 'approval', found: foundOf(world, target), roster: rosterOf(world.vendor), approval };
}

const ada = ({ vendor }: World): Person => vendor.people[0] as Person;
const ben = ({ vendor }: World): Person => vendor.people[1] as Person;

/** What is wrong in the assertion alone. */
const wrongAssertions: readonly (readonly [
  code: ReasonCode,
  name: string,
  about: string,
  wrong: Assertion,
  right?: Assertion,
])[] = [
  ['approval_authenticator_data', 'no-user-present', 'Nobody was present (UP).', { flags: 0x04 }],
  ['approval_authenticator_data', 'no-user-verified', 'Nobody was verified (UV).', { flags: 0x01 }],
  ['approval_authenticator_data', 'attested-credential', 'The flag AT is set.', { flags: 0x45 }],
  ['approval_authenticator_data', 'extensions', 'The flag ED is set.', { flags: 0x85 }],
  ['approval_authenticator_data', 'reserved-1', 'The reserved flag 0x02 is set.', { flags: 0x07 }],
  ['approval_authenticator_data', 'reserved-5', 'The reserved flag 0x20 is set.', { flags: 0x25 }],
  ['approval_authenticator_data', 'other-rp', 'It was made for another RP ID.', { rpId: 'acme.example' }],
  [
    'approval_authenticator_data',
    'long',
    'authenticatorData has 38 bytes.',
    { data: (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]) },
  ],
  [
    'approval_authenticator_data',
    'short',
    'authenticatorData has 36 bytes.',
    { data: (bytes) => bytes.subarray(0, 36) },
  ],
  [
    'approval_client_data',
    'type-create',
    'The passkey was being made, not used.',
    { client: { type: 'webauthn.create' } },
  ],
  ['approval_client_data', 'type-absent', 'clientDataJSON has no type.', { client: { type: undefined } }],
  [
    'approval_client_data',
    'challenge-of-sign-in',
    'The passkey signed another challenge.',
    { client: { challenge: Buffer.alloc(32, 7).toString('base64url') } },
  ],
  [
    'approval_client_data',
    'challenge-padded',
    'The challenge is padded: it is compared as text.',
    { text: (right) => right.replace('","origin"', '=","origin"') },
  ],
  [
    'approval_client_data',
    'origin-of-portal',
    "It was made at the portal's origin, which is not on the roster.",
    { client: { origin: 'https://portal.acme.example' } },
  ],
  [
    'approval_client_data',
    'origin-below',
    'It was made at an origin below the one on the roster.',
    { client: { origin: 'https://x.approve.acme.example' } },
  ],
  [
    'approval_client_data',
    'origin-with-slash',
    'The origin has a slash at its end: it is compared as text.',
    { client: { origin: 'https://approve.acme.example/' } },
  ],
  [
    'approval_client_data',
    'origin-absent',
    'clientDataJSON has no origin.',
    { client: { origin: undefined } },
  ],
  [
    'approval_client_data',
    'cross-origin',
    'It was made inside a frame of another origin.',
    { client: { crossOrigin: true } },
  ],
  [
    'approval_client_data',
    'cross-origin-null',
    'crossOrigin is null, neither absent nor false.',
    { client: { crossOrigin: null } },
  ],
  [
    'approval_client_data',
    'top-origin',
    'It names a top origin.',
    { client: { topOrigin: 'https://approve.acme.example' } },
  ],
  [
    'approval_client_data',
    'member-twice',
    'A member of clientDataJSON stands twice.',
    { text: (right) => right.replace('{"type"', '{"type":"webauthn.get","type"') },
  ],
  [
    'approval_client_data',
    'byte-order-mark',
    'A byte order mark stands before clientDataJSON.',
    { text: (right) => `\xef\xbb\xbf${right}` },
  ],
  [
    'approval_client_data',
    'invalid-utf8',
    'A member that is ignored is no UTF-8.',
    { text: (right) => right.replace('}', ',"other":"\xff"}') },
  ],
  [
    'approval_client_data',
    'fraction',
    'A member that is ignored is a number with a fraction, which strict JSON does not have.',
    { client: { other: 1.5 } },
    { client: { other: 1 } },
  ],
  ['approval_client_data', 'list', 'clientDataJSON is a list.', { text: (right) => `[${right}]` }],
  [
    'approval_malformed',
    'client-data-long',
    'clientDataJSON has 1025 bytes.',
    { text: padTo(1025) },
    { text: padTo(1024) },
  ],
  ['approval_signature', 'raw', 'An ECDSA signature is r‖s instead of DER.', { signature: rawOf }],
  [
    'approval_signature',
    'trailing-byte',
    'A byte follows the DER signature.',
    { signature: (right) => Buffer.concat([right, Buffer.alloc(1)]) },
  ],
  [
    'approval_signature',
    'bit',
    'One bit of the signature is another.',
    { signature: (right) => right.map((byte, i) => (i === right.length - 1 ? byte ^ 1 : byte)) },
  ],
];

/** What is wrong in the approval around the assertion. */
const wrongMembers: readonly (readonly [
  code: ReasonCode,
  name: string,
  about: string,
  wrong: (right: Approval) => JsonObject,
])[] = [
  [
    'approval_malformed',
    'further-member',
    'It has a member that no reader knows.',
    (right) => ({ ...right, userHandle: 'AA' }),
  ],
  ['approval_malformed', 'path-absent', 'It has no path.', (right) => without(right, 'path')],
  ['approval_malformed', 'size-zero', 'Its tree has no leaves.', (right) => ({ ...right, size: 0 })],
  ['approval_malformed', 'size-1025', 'Its tree has 1025 leaves.', (right) => ({ ...right, size: 1025 })],
  ['approval_malformed', 'index-negative', 'Its index is negative.', (right) => ({ ...right, index: -1 })],
  [
    'approval_malformed',
    'path-of-eleven',
    'Its path has eleven items.',
    (right) => ({ ...right, path: Array.from({ length: 11 }, () => 'A'.repeat(43)) }),
  ],
  ['approval_malformed', 'index-1024', 'Its index is 1024.', (right) => ({ ...right, index: 1024 })],
  [
    'approval_malformed',
    'authenticator-data-empty',
    'authenticatorData is an empty text.',
    (right) => ({ ...right, authenticatorData: '' }),
  ],
  [
    'approval_malformed',
    'path-item-long',
    'An item of its path has 44 characters.',
    (right) => ({ ...right, path: ['A'.repeat(44)] }),
  ],
  [
    'approval_malformed',
    'padded',
    'authenticatorData is padded.',
    (right) => ({ ...right, authenticatorData: `${right.authenticatorData}=` }),
  ],
  [
    'approval_malformed',
    'trailing-bits',
    'The last character of authenticatorData has bits that belong to no byte.',
    (right) => ({ ...right, authenticatorData: `${right.authenticatorData.slice(0, -1)}B` }),
  ],
  [
    'approval_malformed',
    'approver-id',
    "Its approver is a person's name.",
    (right) => ({ ...right, approver: 'Ada' }),
  ],
  [
    'approval_inclusion',
    'path-too-long',
    'A tree of one leaf has a path of one item.',
    (right) => ({ ...right, path: ['A'.repeat(43)] }),
  ],
  [
    'approval_inclusion',
    'path-too-short',
    'A tree of two leaves has no path.',
    (right) => ({ ...right, size: 2 }),
  ],
  [
    'approval_inclusion',
    'index-of-size',
    'The index is the number of leaves.',
    (right) => ({ ...right, index: 1 }),
  ],
  [
    'approval_unknown_approver',
    'other-person',
    'The credential is on the roster, but another person’s.',
    (right) => ({ ...right, approver: personOf('Ben Approver').id }),
  ],
  [
    'approval_unknown_approver',
    'other-credential',
    'The person is on the roster, the credential is not.',
    (right) => ({ ...right, key: passkeyOf('Ada at the portal').id }),
  ],
];

export function approvalCases(): Made[] {
  const ofEntry = (name: string, about: string, assertion: Assertion, vendor = {}) => {
    const world = makeWorld({ vendor });
    return acceptedFor(
      name,
      about,
      world,
      world.entry,
      approvalBy(world, ada(world), world.entry, assertion),
    );
  };
  return [
    ofEntry('es256', 'An approval with an ES256 passkey.', {}),
    ofEntry(
      'rs256',
      'An approval with an RS256 passkey.',
      {},
      { people: [personOf('Ada Approver', 'RS256')] },
    ),
    ofEntry('backup-flags', 'The flags BE and BS say nothing about who approved.', { flags: 0x1d }),
    ofEntry('without-cross-origin', 'clientDataJSON has no crossOrigin, as from older browsers.', {
      client: { crossOrigin: undefined },
    }),
    ofEntry(
      'further-members',
      'Members of clientDataJSON that nobody knows are ignored, in any order and with white space.',
      {
        text: (right) => `{ "other": [1, {"a": null}],\n${right.slice(1)}`,
      },
    ),
    ofEntry('client-data-of-1024', 'clientDataJSON has 1024 bytes.', { text: padTo(1024) }),
    ofEntry(
      'second-origin',
      'Any origin of the roster will do.',
      { client: { origin: 'https://approve.acme.example:8443' } },
      {
        origins: ['https://approve.acme.example', 'https://approve.acme.example:8443'],
      },
    ),
    ...inList(),
    ...retirement(),
    ...wrongAssertions.map(([code, name, about, wrong, right = {}]) =>
      refusedFor(code, name, about, (defect) => {
        const world = makeWorld();
        return inputOf(world, world.entry, approvalBy(world, ada(world), world.entry, defect(right, wrong)));
      }),
    ),
    ...wrongMembers.map(([code, name, about, wrong]) =>
      refusedFor(code, name, about, (defect) => {
        const world = makeWorld();
        const right = approvalBy(world, ada(world), world.entry);
        return inputOf(world, world.entry, defect(right, wrong(right)));
      }),
    ),
    ...whoseKey(),
    ...moved(),
  ];
}

/** Several statements approved in one act. */
function inList(): Made[] {
  const actOf = (world: World, size: number, index: number) => ({
    leaves: Array.from({ length: size }, (_, i) =>
      i === index
        ? statementBytes(statementFor(world.vendor, world.entry))
        : Buffer.from(`statement ${String(i)}`),
    ),
    index,
  });
  const among = (size: number, index: number) => {
    const world = makeWorld();
    const approval = approvalBy(world, ada(world), world.entry, {}, actOf(world, size, index));
    return acceptedFor(
      `one-of-${String(size)}`,
      `The statement is number ${String(index + 1)} of ${String(size)} that were approved in one act.`,
      world,
      world.entry,
      approval,
      ['4.2', '4.3'],
    );
  };
  const world = makeWorld();
  return [
    among(3, 1),
    among(1024, 1000),
    refusedFor('approval_inclusion', 'path-item-short', 'An item of the path has 31 bytes.', (defect) => {
      const right = approvalBy(world, ada(world), world.entry, {}, actOf(world, 2, 0));
      const [item = ''] = right.path;
      return inputOf(
        world,
        world.entry,
        defect(right, { ...right, path: [Buffer.from(item, 'base64url').subarray(1).toString('base64url')] }),
      );
    }),
    refusedFor(
      'approval_inclusion',
      'path-of-one-too-many',
      'The path of a tree of three leaves has three items.',
      (defect) => {
        const right = approvalBy(world, ada(world), world.entry, {}, actOf(world, 3, 0));
        return inputOf(
          world,
          world.entry,
          defect(right, { ...right, path: [...right.path, 'A'.repeat(43)] }),
        );
      },
    ),
    refusedFor(
      'approval_client_data',
      'index-of-neighbour',
      'The index is that of the other leaf: the path leads to another root, and so to another challenge.',
      (defect) => {
        const right = approvalBy(world, ada(world), world.entry, {}, actOf(world, 2, 0));
        return inputOf(world, world.entry, defect(right, { ...right, index: 1 }));
      },
    ),
    refusedFor(
      'approval_client_data',
      'path-swapped',
      'Two items of the path stand in each other’s place.',
      (defect) => {
        const right = approvalBy(world, ada(world), world.entry, {}, actOf(world, 4, 2));
        return inputOf(world, world.entry, defect(right, { ...right, path: right.path.toReversed() }));
      },
    ),
    refusedFor(
      'approval_inclusion',
      'grant-in-a-list',
      'A grant was approved in one act with something else.',
      (defect) => {
        const here = makeWorld();
        const grant = addGrant(here.vendor);
        const leaf = statementBytes(statementFor(here.vendor, grant));
        const leaves = defect([leaf], [leaf, Buffer.from('statement 1')]);
        return inputOf(here, grant, approvalBy(here, ada(here), grant, {}, { leaves, index: 0 }));
      },
    ),
  ];
}

function retirement(): Made[] {
  const retiredAt = (at: string) => ({
    people: [
      { ...personOf('Ada Approver'), status: { kind: 'retired', at } as const },
      personOf('Ben Approver'),
    ],
  });
  const input = (at: string) => {
    const world = makeWorld({ vendor: retiredAt(at) });
    return inputOf(world, world.entry, approvalBy(world, ada(world), world.entry));
  };
  const spec = ['4.3'];
  return [
    accepted({
      area,
      name: 'retired-as-issued',
      about: 'The approver retired in the second in which the statement was issued.',
      spec,
      input: input('2030-01-01T00:00:00Z'),
      facts: { approver: personOf('Ada Approver').id },
    }),
    refused({
      area,
      code: 'approval_retired',
      name: 'before-issued',
      about: 'The approver retired a second before the statement was issued.',
      spec,
      make: (defect) => input(defect('2030-01-01T00:00:00Z', '2029-12-31T23:59:59Z')),
    }),
    refusedFor('approval_unknown_approver', 'compromised', 'The approver is compromised.', (defect) => {
      const status = defect({ kind: 'active' } as const, { kind: 'compromised' } as const);
      const world = makeWorld({
        vendor: { people: [{ ...personOf('Ada Approver'), status }, personOf('Ben Approver')] },
      });
      return inputOf(world, world.entry, approvalBy(world, ada(world), world.entry));
    }),
    refusedFor(
      'approval_unknown_approver',
      'not-on-roster',
      'The approver is not on the roster.',
      (defect) => {
        const world = makeWorld();
        const approval = approvalBy(world, ada(world), world.entry);
        world.vendor.people = defect(world.vendor.people, [ben(world)]);
        return inputOf(world, world.entry, approval);
      },
    ),
  ];
}

/** Signatures by other keys than the one on the roster. */
function whoseKey(): Made[] {
  const signedBy = (
    code: ReasonCode,
    name: string,
    about: string,
    alg: 'ES256' | 'RS256',
    other: () => Person,
  ) =>
    refusedFor(code, name, about, (defect) => {
      const world = makeWorld({
        vendor: { people: [personOf('Ada Approver', alg), personOf('Ben Approver')] },
      });
      const { id, passkey } = ada(world);
      const sign = defect(passkey, other().passkey).sign;
      return inputOf(
        world,
        world.entry,
        approvalBy(world, { ...ada(world), id, passkey: { ...passkey, sign } }, world.entry),
      );
    });
  return [
    signedBy(
      'approval_signature',
      'other-key',
      'Another key than the one on the roster signed.',
      'ES256',
      () => personOf('Ben Approver'),
    ),
    signedBy(
      'approval_signature',
      'other-algorithm',
      'The roster says RS256, the signature is ES256.',
      'RS256',
      () => personOf('Ben Approver'),
    ),
  ];
}

/** Genuine approvals of another statement. */
function moved(): Made[] {
  const from = (name: string, about: string, other: (world: World) => { world: World; target: TestTarget }) =>
    refusedFor(
      'approval_client_data',
      name,
      about,
      (defect) => {
        const world = makeWorld();
        const there = defect({ world, target: world.entry }, other(world));
        return inputOf(world, world.entry, approvalBy(there.world, ada(world), there.target));
      },
      ['4.2', '4.3', '4.4'],
    );
  const changed = (world: World, changes: Partial<TestTarget>) => ({
    world,
    target: { ...world.entry, ...changes },
  });
  const renamed = (path: string, start: string, end: string) => path.replace(start, end);
  return [
    from('moved-from-other-digest', 'It is the approval of another artifact.', (world) => {
      const digest = digestOf('artifact other');
      return changed(world, { digest, path: renamed(world.entry.path, world.entry.digest, digest) });
    }),
    from('moved-from-other-partner', "It is the approval of another partner's entry.", (world) => {
      const id = idOf('p', 'other');
      const custom = { ...world.entry.custom, partner: { id, name: 'Example Partner' } };
      return changed(world, { role: id, path: renamed(world.entry.path, world.entry.role, id), custom });
    }),
    from(
      'moved-from-fewer-capabilities',
      'It is the approval of an entry with fewer capabilities.',
      (world) => changed(world, { custom: { ...world.entry.custom, capabilities: ['orders:read'] } }),
    ),
    from('moved-from-other-length', 'It is the approval of an artifact of another length.', (world) =>
      changed(world, { length: 1 }),
    ),
    from('moved-from-other-registry', 'It was given in another registry, by the same person.', (world) => ({
      world: { ...world, vendor: { ...world.vendor, registry: digestOf('registry') } },
      target: world.entry,
    })),
    from('moved-from-development', 'It was given in a development registry of the same id.', (world) => ({
      world: { ...world, vendor: { ...world.vendor, environment: 'development' } },
      target: world.entry,
    })),
    from('moved-from-other-build', 'It is the approval of another build of the same app.', (world) => ({
      world,
      target: addBuild(world.vendor, world.key, 'second'),
    })),
  ];
}

function acceptedFor(
  name: string,
  about: string,
  world: World,
  target: TestTarget,
  approval: Approval,
  spec = ['4.3'],
): Made {
  return accepted({
    area,
    name,
    about,
    spec,
    input: inputOf(world, target, approval),
    facts: { approver: approval.approver },
  });
}

function refusedFor(
  code: ReasonCode,
  name: string,
  about: string,
  make: (defect: Defect) => JsonObject,
  spec?: readonly string[],
): Made {
  const sections = new Map([
    ['approval_malformed', ['4.1']],
    ['approval_inclusion', ['4.2']],
  ]);
  return refused({ area, code, name, about, spec: spec ?? sections.get(code) ?? ['4.3'], make });
}

/** Fills clientDataJSON up to a length, with a member that is ignored. */
function padTo(length: number): (right: string) => string {
  return (right) => {
    const start = `${right.slice(0, -1)},"other":"`;
    return `${start}${'x'.repeat(length - start.length - 2)}"}`;
  };
}

/** r‖s of a DER signature. */
function rawOf(der: Uint8Array): Uint8Array {
  const rLength = der[3] as number;
  const number = (bytes: Uint8Array): Buffer => Buffer.concat([Buffer.alloc(32), bytes]).subarray(-32);
  return Buffer.concat([number(der.subarray(4, 4 + rLength)), number(der.subarray(6 + rLength))]);
}

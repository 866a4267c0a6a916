import { sign } from 'node:crypto';
import {
  approvalsOf,
  judgeApprovals,
  parseApproval,
  requireThreshold,
  verifyApproval,
  type Approval,
} from '../../src/approval.ts';
import { toBase64url } from '../../src/base64url.ts';
import { canonicalText } from '../../src/canonical.ts';
import { approvalChallenge } from '../../src/challenge.ts';
import { sha256 } from '../../src/crypto.ts';
import { parseEntry, parseGrant, parseLicense, type EntryCustom } from '../../src/custom.ts';
import { isObject, member, type JsonObject, type JsonValue } from '../../src/json.ts';
import { merklePath, merkleRoot, rootFromPath } from '../../src/merkle.ts';
import { Refused } from '../../src/refused.ts';
import { covers, mergeRevocations, parseRevocation, parseRevocations } from '../../src/revocation.ts';
import { parseCeilings, parseRoster, type Roster } from '../../src/roster.ts';
import {
  parseHashes,
  statementBytes,
  statementDigest,
  statementOf,
  type Statement,
  type Target as Listed,
} from '../../src/statement.ts';
import { statementFor, type TestTarget } from '../../test/compose/vendor.ts';
import { keyOf } from '../../vectors/make/keys.ts';
import { corpus, leafOf, placeOf, roster } from '../corpus.ts';
import { demand, textTarget, valueTarget, type Target } from '../target.ts';

const ids = [
  'p-',
  'c-',
  'u-',
  'all',
  'entry',
  'licence',
  'grant',
  '2030-01-01T00:00:00Z',
  'https://',
  'a'.repeat(64),
  'server',
];

/** Everything that was given comes back, and nothing else. */
function demandWhole(read: JsonValue, given: JsonValue): void {
  const { approvals: _, ...rest } = given as JsonObject;
  demand(canonicalText(read) === canonicalText(rest), 'reads all of it, and nothing else');
}

const customs = (kind: string): readonly JsonValue[] =>
  corpus()
    .targets.filter(({ custom }) => custom.kind === kind)
    .map(({ custom }) => custom);

type Approved = {
  readonly world: ReturnType<typeof corpus>['world'];
  readonly read: Roster;
  readonly license: Statement;
  /** What is approved, as a statement, and its genuine approvals in canonical form. */
  readonly approved: readonly {
    readonly target: TestTarget;
    readonly statement: Statement;
    readonly texts: ReadonlySet<string>;
  }[];
};

let before: Approved | undefined;

/** What approvals are judged against, read once. */
function approvedOnce(): Approved {
  const { world, targets } = corpus();
  return (before ??= {
    world,
    read: parseRoster(roster(), 'production'),
    license: statementFor(world.vendor, world.license),
    approved: targets.map((target) => ({
      target,
      statement: statementFor(world.vendor, target),
      texts: new Set(target.approvals.map(canonicalText)),
    })),
  });
}

/** What an approver's passkey signs, written by an attacker who has the passkey, and signed. */
function assert(statement: JsonObject, clientData: string): Approval {
  const { world } = corpus();
  const ada = world.vendor.people[0];
  if (ada === undefined) throw new Error('nobody');
  const data = Buffer.from(statement.authenticatorData as string, 'latin1');
  const signed = Buffer.concat([data, sha256(clientData)]);
  return {
    approver: ada.id,
    key: ada.passkey.id,
    size: 1,
    index: 0,
    path: [],
    authenticatorData: data.toString('base64url'),
    clientDataJSON: Buffer.from(clientData).toString('base64url'),
    signature: sign('sha256', signed, keyOf('passkey Ada Approver').privateKey).toString('base64url'),
  };
}

export const statementTargets: readonly Target[] = [
  valueTarget({
    name: 'entry',
    parsers: ['custom.parseEntry'],
    words: ids,
    seeds: () => customs('entry'),
    judge: (value) => demandWhole(parseEntry(value), value),
  }),
  valueTarget({
    name: 'licence',
    parsers: ['custom.parseLicense'],
    words: ids,
    seeds: () => customs('licence'),
    judge: (value) => demandWhole(parseLicense(value), value),
  }),
  valueTarget({
    name: 'grant',
    parsers: ['custom.parseGrant'],
    words: ids,
    seeds: () => customs('grant'),
    judge: (value) => demandWhole(parseGrant(value), value),
  }),
  valueTarget({
    name: 'statement',
    parsers: ['statement.statementOf', 'statement.parseHashes', 'approval.approvalsOf'],
    words: ids,
    seeds: () => corpus().targets.map(placeOf),
    judge: (value) => {
      if (!isObject(value)) throw new Refused('statement_malformed');
      const { role, path, length, hashes, custom } = value;
      // What reads targets has made sure of these.
      if (typeof role !== 'string' || typeof path !== 'string' || typeof length !== 'number')
        throw new Refused('statement_malformed');
      parseHashes(hashes);
      approvalsOf(custom ?? null);
      const { registry, environment } = corpus().world.vendor;
      const target = { length, hashes, custom } as Listed;
      const statement = statementOf({ registry, environment, role, path, target });
      demand(
        path.startsWith(`${role}/`) && path.endsWith(`/${statement.hashes.sha256}`),
        'is where it belongs',
      );
      demand(
        statementDigest(statement).length === 64 && statementBytes(statement).length > 0,
        'has a digest',
      );
    },
  }),
  valueTarget({
    name: 'roster',
    parsers: ['roster.parseRoster'],
    words: [...ids, 'active', 'retired', 'compromised', 'ES256', 'RS256'],
    seeds: () => [roster()],
    judge: (value) => {
      const read = parseRoster(value, 'production');
      demandWhole(read, value);
      demand(read.thresholds.entry >= 2 && read.thresholds.grant >= 2, 'lets nobody approve alone');
      const keys = read.approvers.flatMap((approver) => approver.keys.map(({ key }) => canonicalText(key)));
      demand(new Set(keys).size === keys.length, 'has every key once');
    },
  }),
  valueTarget({
    name: 'ceilings',
    parsers: ['roster.parseCeilings'],
    seeds: () => [corpus().world.vendor.ceilings],
    judge: (value) => {
      const ceilings = parseCeilings(value);
      demandWhole(ceilings, value);
      demand(ceilings.monitor <= 2_592_000 && ceilings.breakGlass <= 259_200, 'stays below the limits');
    },
  }),
  valueTarget({
    name: 'revocations',
    parsers: ['revocation.parseRevocations', 'revocation.parseRevocation'],
    words: ids,
    seeds: () => [corpus().world.vendor.revocations],
    judge: (value) => {
      const list = parseRevocations(value);
      demand(canonicalText(list) === canonicalText(value), 'reads all of it');
      for (const item of value as readonly JsonValue[]) parseRevocation(item);
      demand(mergeRevocations(list).size <= list.length, 'keeps one for each subject');
      const { targets, world } = corpus();
      for (const target of targets) {
        const statement = statementFor(world.vendor, target);
        for (const revocation of list)
          demand(
            !covers(revocation, statement) || statement.custom.issued <= revocation.through,
            'covers nothing that is newer',
          );
      }
    },
  }),
  valueTarget({
    name: 'approval',
    parsers: ['approval.parseApproval', 'approval.verifyApproval', 'approval.judgeApprovals'],
    words: ids,
    seeds: () => corpus().targets.flatMap(({ approvals }) => approvals.slice(0, 1)),
    judge: (value) => {
      const approval = parseApproval(value);
      demandWhole(approval, value);
      const { read, approved } = approvedOnce();
      const text = canonicalText(value);
      let refused: unknown;
      for (const { target, statement, texts } of approved) {
        const genuine = texts.has(text);
        try {
          const approver = verifyApproval(statement, approval, read);
          demand(approver === approval.approver, 'is that of who it says');
          demand(genuine || isSameAct(approval, target.approvals), 'is one that was given');
          const { people } = judgeApprovals(statement, [value, value, value], read);
          demand(people.length <= 1, 'counts once');
          demand(
            !isEnough(() => requireThreshold(statement, { people, refused: [] }, read)) ||
              statement.kind === 'licence',
            'is not enough alone',
          );
          return;
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          refused ??= error;
        }
      }
      throw refused;
    },
  }),
  valueTarget({
    name: 'client-data',
    parsers: ['approval.verifyApproval'],
    words: [
      'webauthn.get',
      'webauthn.create',
      'https://approve.acme.example',
      '"',
      '\\',
      'true',
      'topOrigin',
    ],
    seeds: () => {
      const { world } = corpus();
      const challenge = toBase64url(approvalChallenge(merkleRoot([leafOf(world.license)])));
      const [origin = ''] = world.vendor.origins;
      const data = Buffer.from([...sha256(world.vendor.rpId), 5, 0, 0, 0, 1]).toString('latin1');
      const more = { challenge, crossOrigin: false, origin, type: 'webauthn.get' };
      return [
        { authenticatorData: data, clientData: more },
        { authenticatorData: data, clientData: { ...more, other_keys_can_be_added_here: 'yes' } },
      ];
    },
    judge: (value) => {
      if (!isObject(value) || typeof value.authenticatorData !== 'string' || value.authenticatorData === '')
        throw new Refused('approval_malformed');
      const { world, license, read } = approvedOnce();
      const text =
        typeof value.clientData === 'string' ? value.clientData : JSON.stringify(value.clientData ?? null);
      if (text === '') throw new Refused('approval_malformed');
      const approval = assert(value, text);
      verifyApproval(license, approval, read);
      const client = JSON.parse(text) as JsonObject;
      const flags = value.authenticatorData.charCodeAt(32);
      demand(
        value.authenticatorData.length === 37 && (flags & 0xe7) === 0x05,
        'has exactly what an approval has',
      );
      demand(member(client, 'type') === 'webauthn.get', 'is an assertion');
      demand(!member(client, 'crossOrigin') && member(client, 'topOrigin') === undefined, 'is in no frame');
      demand(world.vendor.origins.includes(client.origin as string), 'is of an origin of the roster');
    },
  }),
  valueTarget({
    name: 'merkle',
    parsers: ['merkle.rootFromPath'],
    seeds: () => [
      [0, 1, []],
      [4, 7, merklePath(leaves(7), 4).map(toBase64url)],
      [1023, 1024, merklePath(leaves(1024), 1023).map(toBase64url)],
    ],
    judge: (value) => {
      if (!Array.isArray(value)) throw new Refused('approval_inclusion');
      const [index, size, path] = value as JsonValue[];
      if (typeof index !== 'number' || typeof size !== 'number' || !Array.isArray(path))
        throw new Refused('approval_inclusion');
      const nodes = path.map((node) => Buffer.from(typeof node === 'string' ? node : '', 'base64url'));
      const root = rootFromPath(Buffer.from(String(index)), size, index, nodes);
      demand(index >= 0 && index < size && size <= 1024, 'is a leaf of the tree');
      demand(nodes.length === pathLength(index, size), 'has the length that they imply');
      demand(root.length === 32, 'leads to a root');
    },
  }),
  textTarget({
    name: 'build-id',
    parsers: [],
    narrow: true,
    words: ids,
    seeds: () => [(corpus().world.entry.custom as unknown as EntryCustom).build.id],
    judge: (text) => {
      const { custom } = corpus().world.entry;
      parseEntry({ ...custom, build: { ...(custom.build as JsonObject), id: text } });
      demand(/^b-[a-z2-7]{26}$/.test(text) && text.length === 28, 'is one line of the form');
    },
  }),
];

/** The same act with members that mean the same: another signature of ECDSA over the same bytes cannot be made without the key. */
function isSameAct(approval: Approval, given: readonly Approval[]): boolean {
  return given.some(
    (one) =>
      one.approver === approval.approver &&
      one.clientDataJSON === approval.clientDataJSON &&
      one.authenticatorData === approval.authenticatorData,
  );
}

function isEnough(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

function leaves(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, i) => Buffer.from(String(i)));
}

/** How long an inclusion path is, by RFC 9162's own recursion. */
function pathLength(index: number, size: number): number {
  if (size === 1) return 0;
  let split = 1;
  while (split * 2 < size) split *= 2;
  return 1 + (index < split ? pathLength(index, split) : pathLength(index - split, size - split));
}

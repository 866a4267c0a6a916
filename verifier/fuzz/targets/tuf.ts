import { attempt } from '../../src/attempt.ts';
import { canonical, canonicalText, fileText } from '../../src/canonical.ts';
import { parseEntry } from '../../src/custom.ts';
import { isObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { readPartnerEntries, statementOfEntry } from '../../src/partner-entries.ts';
import { Refused } from '../../src/refused.ts';
import { delegates } from '../../src/tuf/delegation.ts';
import { documentOf, openDocument, parseCommon, parseVersion } from '../../src/tuf/document.ts';
import { keyDigests, parseKeys, parseRoleKeys, requireSignedBy } from '../../src/tuf/key.ts';
import {
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  type Delegation,
} from '../../src/tuf/roles.ts';
import { openTargetsDocument } from '../../src/tuf/targets-document.ts';
import {
  limits,
  nextRoot,
  startFrom,
  trustRoot,
  verifyTargets,
  withSnapshot,
  withTimestamp,
} from '../../src/tuf/trusted-set.ts';
import { seal } from '../../test/compose/tuf-signer.ts';
import { corpus, leafRoles, signedOf } from '../corpus.ts';
import { partner } from '../../vectors/make/world.ts';
import { bytesTarget, demand, valueTarget, type Target } from '../target.ts';

const words = [
  '"_type":"root"',
  '"keyid":"',
  '"sig":"',
  '"signed":{',
  '{"signatures":[',
  '"version":1',
  '"threshold":0',
  'ed25519',
  '2030-01-01T00:00:00Z',
  'p-*/*/*',
];

const fileOf = (role: string): Uint8Array => {
  const found = [...corpus().files].findLast(([name]) => name.replace(/^[0-9]+\./, '') === `${role}.json`);
  if (found === undefined) throw new Error(`no ${role}`);
  return found[1];
};

function objectOf(value: JsonValue): JsonObject {
  if (!isObject(value)) throw new Refused('metadata_malformed');
  return value;
}

/** The partner's file, and one with each of its entries alone, which says as much and takes a fraction of the time. */
function partnerFiles(): readonly JsonObject[] {
  const whole = JSON.parse(Buffer.from(fileOf(partner)).toString()) as { readonly signed: JsonObject };
  const alone = Object.entries(whole.signed.targets as JsonObject).map(([path, entry]) => ({
    ...whole,
    signed: { ...whole.signed, targets: { [path]: entry } },
  }));
  return [whole, ...alone];
}

type Content = { readonly signedBytes: Uint8Array; readonly found: JsonValue };

/** What both readings of a partner's file find, in one order. */
function contentOf(role: string, file: Uint8Array, quick: boolean): Content {
  const document = quick
    ? openTargetsDocument(file, limits.delegated)
    : { ...openDocument(file, limits.delegated), scanned: [] };
  const body = parseTargets(document.signed);
  const { entries, refused } = readPartnerEntries(role, body, document.scanned);
  const { registry, environment } = corpus().world.vendor;
  const found = entries.map((entry) => {
    let misplaced = '';
    try {
      statementOfEntry(entry, { registry, environment });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      misplaced = error.code;
    }
    const { path, length, digest, custom, approvals, thumbprints } = entry;
    return { path, length, digest, custom, approvals, thumbprints, misplaced };
  });
  const left = refused.map(({ path, reason }) => ({ path, code: reason.code }));
  const by = (a: { path: string }, b: { path: string }): number =>
    a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
  return {
    signedBytes: document.signedBytes,
    found: {
      version: body.version,
      expires: body.expires,
      signatures: [...document.signatures].map((pair) => [...pair]),
      delegations: body.delegations.length,
      entries: found.toSorted(by) as unknown as JsonValue,
      refused: left.toSorted(by),
    },
  };
}

/** Reads a partner's file quickly and slowly: both find the same, or refuse alike. */
function demandAlike(file: Uint8Array): void {
  const quick = attempt(() => contentOf(partner, file, true));
  const slow = attempt(() => contentOf(partner, file, false));
  if (slow instanceof Refused) {
    demand(quick instanceof Refused && quick.code === slow.code, 'is refused alike, quickly and slowly');
    throw slow;
  }
  demand(
    !(quick instanceof Refused) &&
      Buffer.compare(quick.signedBytes, slow.signedBytes) === 0 &&
      canonicalText(quick.found) === canonicalText(slow.found),
    'is read alike, quickly and slowly',
  );
}

export const tufTargets: readonly Target[] = [
  bytesTarget({
    name: 'tuf-file',
    parsers: ['tuf/document.openDocument', 'tuf/document.documentOf', 'tuf/document.parseCommon'],
    words,
    seeds: () => [...corpus().files.values()],
    judge: (bytes) => {
      const document = openDocument(bytes, 1_000_000);
      const again = documentOf(JSON.parse(Buffer.from(bytes).toString()) as JsonValue);
      demand(Buffer.compare(document.signedBytes, again.signedBytes) === 0, 'has one thing that is signed');
      demand(Buffer.compare(document.signedBytes, canonical(document.signed)) === 0, 'uses what was signed');
      parseCommon(document.signed, (document.signed._type as 'root' | undefined) ?? 'root');
    },
  }),
  bytesTarget({
    name: 'tuf-partner-file',
    heavy: true,
    parsers: [
      'tuf/targets-document.openTargetsDocument',
      'partner-entries.readPartnerEntries',
      'scan-entry.scanEntry',
    ],
    words: [
      ...words,
      '"approvals":[]',
      '"customers":"all"',
      '"',
      ',',
      '\\"',
      `"${partner}/orders/`,
      '"targets":{',
      '"custom":{',
      '\u00c3\u00a9',
      ' ',
    ],
    seeds: () => partnerFiles().map((file) => Buffer.from(fileText(file))),
    judge: demandAlike,
  }),
  valueTarget({
    name: 'tuf-partner-value',
    heavy: true,
    parsers: [
      'tuf/targets-document.openTargetsDocument',
      'partner-entries.readPartnerEntries',
      'partner-entries.statementOfEntry',
    ],
    words: [
      'all',
      partner,
      'orders',
      '2030-01-01T00:00:00Z',
      'server',
      'hardware',
      'embedded',
      'attest',
      '\u0301',
      '\u200b',
    ],
    seeds: partnerFiles,
    judge: (value) => demandAlike(Buffer.from(fileText(value))),
  }),
  valueTarget({
    name: 'tuf-root',
    parsers: ['tuf/roles.parseRoot', 'tuf/key.parseKeys', 'tuf/key.parseRoleKeys', 'tuf/key.requireSignedBy'],
    words,
    seeds: () => [signedOf('root')],
    judge: (value) => {
      const signed = objectOf(value);
      const { version, root, targets } = parseRoot(signed);
      const keys = parseKeys(signed.keys);
      demand(version >= 1, 'has a version');
      for (const key of keys.values()) {
        demand(/^[0-9a-f]{64}$/.test(key.digest), 'has a digest');
        key.publicKey();
      }
      parseRoleKeys(objectOf(objectOf(signed.roles as JsonValue).root as JsonValue), keys, 'root');
      demand(keyDigests(root).length <= root.keys.size && root.threshold >= 1, 'counts keys');
      const document = documentOf({
        signatures: [...targets.keys.keys()].map((keyid) => ({ keyid, sig: '00'.repeat(64) })),
        signed,
      });
      demand(
        refuses(() => requireSignedBy(document, 'targets', targets)),
        'is not signed by zeros',
      );
    },
  }),
  valueTarget({
    name: 'tuf-targets',
    parsers: ['tuf/roles.parseTargets', 'tuf/delegation.delegates'],
    words,
    seeds: () => ['targets', 'registry', ...leafRoles].map(signedOf),
    judge: (value) => {
      const { delegations } = parseTargets(objectOf(value));
      for (const delegation of delegations.slice(0, 20))
        delegates(delegation, `${partner}/orders/${'a'.repeat(64)}`);
      demand(
        new Set(delegations.map(({ name }) => name)).size === delegations.length,
        'delegates once to each',
      );
    },
  }),
  valueTarget({
    name: 'tuf-delegation',
    parsers: ['tuf/delegation.delegates'],
    words: ['*', '?', '/', '**', '*/', '[', 'a'],
    seeds: () => [
      [['p-*/*/*', 'c-*/*/*'], 'p-abc/orders/aaaa'],
      [['*a*b*c*', '?'], 'xxaxxbxxcxx'],
    ],
    judge: (value) => {
      if (!Array.isArray(value)) throw new Refused('metadata_malformed');
      const [given, path] = value as JsonValue[];
      if (!Array.isArray(given) || typeof path !== 'string') throw new Refused('metadata_malformed');
      const paths = given.map((pattern) => (typeof pattern === 'string' ? pattern : ''));
      const delegation = { paths, pathHashPrefixes: undefined } as unknown as Delegation;
      const found = delegates(delegation, path);
      if (path.length < 16 && paths.every((pattern) => pattern.length < 8)) {
        const expected = paths.some((pattern) => isLike(pattern, path));
        demand(found === expected, 'matches as a pattern does');
      }
      if (!found) throw new Refused('bundle_shape');
    },
  }),
  valueTarget({
    name: 'tuf-snapshot',
    parsers: ['tuf/roles.parseSnapshot', 'tuf/document.parseVersion'],
    words,
    seeds: () => [signedOf('snapshot')],
    judge: (value) => {
      const { meta } = parseSnapshot(objectOf(value));
      for (const { version } of meta.values())
        demand(parseVersion(version, 'version') === version, 'has versions');
    },
  }),
  valueTarget({
    name: 'tuf-timestamp',
    parsers: ['tuf/roles.parseTimestamp'],
    words,
    seeds: () => [signedOf('timestamp')],
    judge: (value) => {
      demand(parseTimestamp(objectOf(value)).snapshot.version >= 1, 'names a snapshot');
    },
  }),
  valueTarget({
    name: 'tuf-walk',
    heavy: true,
    parsers: [
      'tuf/trusted-set.trustRoot',
      'tuf/trusted-set.startFrom',
      'tuf/trusted-set.nextRoot',
      'tuf/trusted-set.withTimestamp',
      'tuf/trusted-set.withSnapshot',
      'tuf/trusted-set.verifyTargets',
    ],
    words,
    // Whatever holds the keys can sign: each role is mutated before it is signed.
    seeds: () => [
      {
        root: signedOf('root'),
        timestamp: signedOf('timestamp'),
        snapshot: signedOf('snapshot'),
        targets: signedOf('targets'),
      },
    ],
    judge: (value) => {
      const { root, timestamp, snapshot, targets } = objectOf(value);
      const { signers, now } = corpus().world.vendor;
      const sealed = (signed: JsonValue | undefined, by: keyof typeof signers): Uint8Array =>
        sealedOnce(objectOf(signed ?? null), by, (content) => seal(content, signers[by]));
      const first = trustRoot(corpus().files.get('1.root.json') ?? new Uint8Array(), now);
      demand(startFrom(first.root.document, first.root.bytes, now).root.body.version === 1, 'starts alike');
      let set = nextRoot(first, sealed(root, 'root'));
      demand(set.root.body.version === 2, 'goes up by one');
      set = withTimestamp(set, sealed(timestamp, 'timestamp'));
      set = withSnapshot(set, sealed(snapshot, 'snapshot'));
      const { body } = verifyTargets(set, sealed(targets, 'targets'), 'targets', set.root.body.targets);
      demand(body.expires > now, 'has not expired');
    },
  }),
  valueTarget({
    name: 'tuf-entries',
    parsers: ['partner-entries.readPartnerEntries'],
    words: ['all', 'orders', 'a'.repeat(64)],
    seeds: () => [signedOf(partner).targets as JsonValue],
    judge: (value) => {
      const targets = objectOf(value);
      const { entries, refused } = readPartnerEntries(partner, { targets }, []);
      demand(entries.length + refused.length === Object.keys(targets).length, 'reads or refuses each');
      for (const { custom, path } of entries) {
        const { custom: given } = targets[path] as JsonObject;
        demand(canonicalText(parseEntry(given)) === canonicalText(custom), 'reads each as it is');
      }
      if (entries.length === 0) throw refused[0]?.reason ?? new Refused('statement_malformed');
    },
  }),
];

const sealedBefore = new WeakMap<JsonObject, Map<string, Uint8Array>>();

/** Signing is what takes the time: a role that a mutation has not touched is the same object, and is signed once. */
function sealedOnce(signed: JsonObject, by: string, sign: (signed: JsonObject) => Uint8Array): Uint8Array {
  const made = sealedBefore.get(signed) ?? new Map<string, Uint8Array>();
  sealedBefore.set(signed, made);
  const file = made.get(by) ?? sign(signed);
  made.set(by, file);
  return file;
}

function refuses(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof Refused) return true;
    throw error;
  }
}

/** The same question, asked by trying everything. */
function isLike(pattern: string, path: string): boolean {
  const [first] = pattern;
  if (first === undefined) return path === '';
  const rest = pattern.slice(1);
  if (first === '*') {
    for (let i = 0; ; i += 1) {
      if (isLike(rest, path.slice(i))) return true;
      if (i >= path.length || path[i] === '/') return false;
    }
  }
  if (path === '') return false;
  return (first === '?' ? path[0] !== '/' : first === path[0]) && isLike(rest, path.slice(1));
}

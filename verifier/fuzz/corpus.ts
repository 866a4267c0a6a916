import { inOrder } from '../src/bundle-files.ts';
import { readBundle } from '../src/bundle.ts';
import { canonical } from '../src/canonical.ts';
import type { JsonObject, JsonValue } from '../src/json.ts';
import { openBundle, type OpenedBundle, type OpenOptions } from '../src/open-bundle.ts';
import type { Revocation } from '../src/revocation.ts';
import { timeOf } from '../src/time.ts';
import { attest } from '../test/http/attest.ts';
import { alsoWithHeader, signRequest, type ToSign } from '../test/http/sign.ts';
import type { RequestToCheck } from '../src/http/request-head.ts';
import { approve, rosterOf, signRoot, statementFor, type TestTarget } from '../test/compose/vendor.ts';
import { digestOf, idOf, keyOf, nonceOf, type FixedKey } from '../vectors/make/keys.ts';
import {
  addBuild,
  addGrant,
  bundleNow,
  customer,
  day,
  deployment,
  filesNow,
  firstAnchor,
  hour,
  makeWorld,
  origin,
  partner,
  personOf,
  type World,
} from '../vectors/make/world.ts';

// The genuine inputs that everything begins from: one vendor with some of everything, made of fixed keys, so that every run has the same.

export { customer, deployment, origin };
export const copy = keyOf('copy of the app');
export const issuer = keyOf('issuer');

let made: ReturnType<typeof makeCorpus> | undefined;

/** What everything begins from; made when it is first asked for. */
export function corpus(): ReturnType<typeof makeCorpus> {
  return (made ??= makeCorpus());
}

function makeCorpus() {
  const people = [personOf('Ada Approver'), personOf('Ben Approver'), personOf('Cem Approver', 'RS256')];
  const world = makeWorld({ vendor: { people } });
  const { vendor } = world;
  signRoot(vendor);
  vendor.now += day;
  vendor.revocations = revocations(vendor.now - hour);
  vendor.carriedRevocations = vendor.revocations.slice(0, 2);
  vendor.packages = ['acme-verifier-1.0.0.tgz'];
  const builds = [
    addBuild(vendor, keyOf('web app'), 'web', {
      build: { id: idOf('b', 'web'), version: '2.0 "β"', platform: 'web' },
      app: { id: 'notes', name: 'Notes' },
      customers: [customer],
    }),
    addBuild(vendor, issuer, 'attesting', {
      app: { id: 'field', name: 'Field' },
      identities: [
        { kind: 'key', key: issuer.jwk, use: 'attest', holder: 'server' },
        { kind: 'key', key: keyOf('second').jwk, use: 'request', holder: 'hardware' },
      ],
    }),
  ];
  approve(vendor, builds);
  vendor.people[2] = {
    ...people[2],
    status: { kind: 'retired', at: timeOf(vendor.now) },
  } as (typeof people)[2];
  const grants = [
    addGrant(vendor, { effect: { kind: 'monitor' } }),
    addGrant(vendor, { effect: { kind: 'grace', grace: 30 * day } }),
    addGrant(vendor, { effect: { kind: 'breakGlass' }, expires: timeOf(vendor.now + day) }),
  ];
  // Approved but for the first, so that requests are refused as they are where no grant is in force.
  for (const grant of grants.slice(1, 2)) approve(vendor, [grant]);
  const bundle = bundleNow(world);
  const opened = openHere(world, bundle);
  const files = new Map(unpack(bundle));
  vendor.now += day;
  const later = bundleNow(world);
  vendor.now -= day;
  const targets = [world.entry, ...builds, world.license, ...grants];
  return { world, bundle, later, opened, files, targets, roster: rosterOf(vendor) as JsonValue };
}

/** Opens a bundle at the corpus' customer, on the day on which it was made. */
export function openHere(world: World, bundle: Uint8Array, changes: Partial<OpenOptions> = {}): OpenedBundle {
  const { vendor } = world;
  return openBundle(bundle, {
    anchor: firstAnchor(world),
    deployment,
    origin,
    held: null,
    floor: null,
    now: vendor.now,
    systemClock: vendor.now,
    ...changes,
  });
}

/** A bundle's files by name, in their order. */
export function unpack(bundle: Uint8Array): [string, Uint8Array][] {
  const read = readBundle(bundle);
  const files = inOrder(read);
  return read.index.files.map(({ name }) => [name, files.take(name).bytes()]);
}

/** The metadata of a file of the corpus, by its role: `signed`, as a value. */
export function signedOf(role: string): JsonObject {
  const { files } = corpus();
  const [, bytes] = [...files].findLast(([name]) => name.replace(/^[0-9]+\./, '') === `${role}.json`) ?? [];
  if (bytes === undefined) throw new Error(`no file of ${role}`);
  return (JSON.parse(Buffer.from(bytes).toString()) as { signed: JsonObject }).signed;
}

/** The names of the corpus' roles below registry. */
export const leafRoles = [partner, customer];

/** A statement as it stands in a role: place and content. */
export function placeOf({ role, path, length, digest, custom }: TestTarget): JsonObject {
  return { role, path, length, hashes: { sha256: digest }, custom };
}

/** A target as a role lists it. */
export function listed({ length, digest, custom, approvals }: TestTarget): JsonObject {
  return { custom: { ...custom, approvals }, hashes: { sha256: digest }, length };
}

export function roster(): JsonValue {
  return corpus().roster;
}

/** A statement's canonical bytes: what approvals are over. */
export function leafOf(target: TestTarget): Uint8Array {
  return canonical(statementFor(corpus().world.vendor, target));
}

/** Requests that are admitted on the day of the corpus, each with a nonce of its own. */
export function requests(): readonly RequestToCheck[] {
  return (signed ??= signRequests());
}

let signed: readonly RequestToCheck[] | undefined;

function signRequests(): readonly RequestToCheck[] {
  const { world } = corpus();
  const created = world.vendor.now;
  const one = (label: string, to: Partial<ToSign> & { readonly key?: FixedKey } = {}): RequestToCheck => {
    const { key = world.key } = to;
    return signRequest({
      origin,
      deployment,
      created,
      nonce: nonceOf(label),
      signBase: key.signRaw,
      ...to,
      key,
    });
  };
  return [
    one('get'),
    one('post', {
      method: 'POST',
      target: '/orders/%41?x=1&y=/..//',
      headers: [['Content-Type', 'application/json']],
      body: '{"n":1}',
    }),
    one('credentials', {
      headers: [
        ['Host', 'erp.customer.example'],
        ['Authorization', 'Bearer secret'],
        ['Cookie', 'a=b; c=d'],
        ['Accept', '*/*'],
      ],
    }),
    one('chunked', {
      method: 'PUT',
      headers: [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Encoding', 'gzip'],
      ],
      body: 'abc',
    }),
    alsoWithHeader(one('web', { key: keyOf('web app') }), 'Cookie', 'a=b'),
    one('parameters', {
      label: 'sig-1',
      parameters: `;alg="ecdsa-p256-sha256";created=${String(created)};expires=${String(created + 60)};keyid="${world.key.thumbprint}";nonce="${nonceOf('parameters')}";tag="app-attestation"`,
    }),
    one('attested', { key: copy, headers: [['OAuth-Client-Attestation', attestation()]] }),
  ];
}

/** An attestation of a copy, by the corpus' issuer. */
export function attestation(claims: Readonly<Record<string, unknown>> = {}): string {
  const { world } = corpus();
  return attest({
    issuer,
    copy,
    partner,
    app: 'field',
    build: idOf('b', 'attesting'),
    deployment,
    issued: world.vendor.now,
    claims,
    sealWith: (text) => Buffer.from(issuer.signRaw(Buffer.from(text))).toString('base64url'),
  });
}

/** The files of the corpus' bundle, with what `tamper` makes of each role's `signed` before it is signed. */
export function filesWith(tamper: (role: string, signed: JsonObject) => JsonObject): [string, Uint8Array][] {
  const { world } = corpus();
  // Publishing counts versions up: these are the bundle's own again.
  const versions = new Map(world.vendor.versions);
  const files = filesNow(world, tamper);
  world.vendor.versions.clear();
  for (const [role, version] of versions) world.vendor.versions.set(role, version);
  return files;
}

function revocations(until: number): Revocation[] {
  const through = timeOf(until);
  return [
    { subject: { kind: 'statement', digest: digestOf('a statement') }, through },
    { subject: { kind: 'artifact', digest: digestOf('an artifact') }, through },
    { subject: { kind: 'app', partner: idOf('p', 'other'), app: 'gone' }, through },
    { subject: { kind: 'partner', partner: idOf('p', 'other') }, through },
    { subject: { kind: 'identity', thumbprint: keyOf('gone').thumbprint }, through },
  ];
}
